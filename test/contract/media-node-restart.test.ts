/** A media node's process dies and another one goes on with its calls: real processes and UDP, a fake SFU. */
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startMediaNode } from '../../mcu/control/client.ts';
import type { MediaNodeClient } from '../../mcu/control/client.ts';
import type { RemoteLeg } from '../../mcu/control/remote-leg.ts';
import { FakeSfu } from '../fakes/sfu.ts';
import { tone, toneDb, writeWav } from '../support/audio.ts';
import { Phone } from '../support/phone.ts';
import { quietLog } from '../support/quiet-log.ts';
import type { LogLine } from '../support/quiet-log.ts';
import { until } from '../support/until.ts';

const prompts = mkdtempSync(join(tmpdir(), 'prompts-'));
const lines: LogLine[] = [];
/** 8000 of 32768, as a sine. */
const spokenDb = 20 * Math.log10(8000 / 32768);
let sfu: FakeSfu;
let node: MediaNodeClient;
let phones: Phone[] = [];
let legs: RemoteLeg[] = [];
let nextLeg = 1;

beforeAll(async () => {
  writeWav(join(prompts, 'music.wav'), tone(700, 8000, 48_000, 0, 48_000), 48_000);
  sfu = await FakeSfu.open();
  node = await startMediaNode({
    id: 'node-1',
    host: '127.0.0.1',
    publicIp: '',
    rtpPortMin: 34_000,
    rtpPortMax: 35_999,
    promptFolder: prompts,
    silenceSeconds: 30,
    logLevel: 'debug',
    access: (room, who) => sfu.access(room, who),
    log: quietLog(lines),
    module: new URL('../fakes/media-node-main.ts', import.meta.url),
  });
});

afterEach(async () => {
  for (const phone of phones) phone.close();
  await Promise.all(legs.map((leg) => leg.close()));
  legs = [];
  phones = [];
  sfu.refuse = sfu.silent = false;
});

afterAll(async () => {
  await node.close();
  sfu.close();
  rmSync(prompts, { recursive: true });
});

interface Caller {
  readonly phone: Phone;
  readonly leg: RemoteLeg;
  readonly identity: string;
  readonly told: string[];
}

async function call(law: 'PCMU' | 'PCMA' = 'PCMU'): Promise<Caller> {
  const phone = await Phone.open(law);
  phones.push(phone);
  const leg = await node.openLeg(`leg-${nextLeg++}`);
  legs.push(leg);
  phone.dial(leg.local);
  await leg.configure({
    codec: phone.law,
    payloadType: phone.payloadType,
    dtmfPayloadTypes: [101],
    ptimeMs: 20,
    remote: phone.remote,
    direction: 'sendrecv',
  });
  const told: string[] = [];
  leg.on('link', (state) => told.push(state));
  leg.on('lost', () => told.push('leg lost'));
  return { phone, leg, identity: `sip_${leg.id}`, told };
}

async function callIntoRoom(room: string, law: 'PCMU' | 'PCMA' = 'PCMU'): Promise<Caller> {
  const caller = await call(law);
  await caller.leg.join({ room, identity: caller.identity, publish: 'auto' });
  await caller.leg.hear('room');
  return caller;
}

const say = (hz: number) => (from: number) => tone(hz, 8000, 160, from);
const hears = ({ phone }: Caller, hz: number, sinceMs = -Infinity): boolean =>
  toneDb(phone.heard(400, sinceMs), hz) > spokenDb - 6;

/** Kills the node's process; resolves with the moment when another one runs. */
async function kill(): Promise<number> {
  const { pid } = node.status();
  process.kill(pid ?? 0, 'SIGKILL');
  lines.length = 0;
  const killedMs = performance.now();
  await until('the process is gone', () => node.status().pid !== pid);
  return killedMs;
}

/** How long the phone heard nothing after the kill. */
function gapMs({ phone }: Caller, killedMs: number): number {
  const first = phone.packets.find(({ atMs }) => atMs > killedMs + 15);
  return (first?.atMs ?? Infinity) - killedMs;
}

test('calls go on where they were: echo, room and prompt, on the same ports with new SSRCs', async () => {
  const echo = await call();
  const [a, b] = [await callIntoRoom('goes-on'), await callIntoRoom('goes-on', 'PCMA')];
  const music = await call();
  const callers = [echo, a, b, music];
  await echo.leg.hear('echo');
  const playing = music.leg.play(['music.wav'], { loop: true });
  echo.phone.speak(say(350));
  a.phone.speak(say(440));
  b.phone.speak(say(1000));
  await a.leg.setMuted(true);
  await until('b is not heard yet', () => hears(echo, 350) && hears(a, 1000) && hears(music, 700));
  // A device behind a NAT: what was learnt of it must not be forgotten.
  await echo.phone.moveRtp();
  await until('the moved phone is followed', () => hears(echo, 350, performance.now() - 400), 8000);
  const watch = await node.watchRoom('goes-on');
  const ssrcs = callers.map(({ phone }) => phone.packets.at(-1)?.ssrc);
  const publisher = sfu.publisher(b.identity);
  await standsBy();

  const killedMs = await kill();
  await until(
    'all hear as before',
    () => hears(echo, 350, killedMs) && hears(a, 1000, killedMs) && hears(music, 700, killedMs),
    15_000,
  );
  for (const caller of callers)
    expect(gapMs(caller, killedMs), `of ${caller.leg.id}`).toBeLessThan(2000 + 25 * callers.length);
  console.log(`back after ${callers.map((caller) => Math.round(gapMs(caller, killedMs))).join(', ')} ms`);
  callers.forEach(({ phone }, i) => expect(phone.packets.at(-1)?.ssrc).not.toBe(ssrcs[i]));
  // The same identity, once; what the room heard and did not hear stays so.
  await until('b is in the room again', () => sfu.publisher(b.identity) !== publisher);
  const again = await until('b is there', () => sfu.publisher(b.identity));
  await until('the room hears b', () => again.packets.length > 20);
  expect(sfu.publishers.filter(({ identity, gone }) => identity === b.identity && !gone)).toHaveLength(1);
  expect(toneDb(b.phone.heard(400), 440)).toBeLessThan(-60);
  await until('a is muted in the room', () => sfu.publisher(a.identity)?.muted === true);
  expect(sfu.publisher(a.identity)?.packets).toHaveLength(0);
  await a.leg.setMuted(false);
  await until('a is heard again', () => hears(b, 440));
  sfu.enter('goes-on', 'anna');
  await until('the watch sees who comes', () =>
    watch.participants().some(({ identity }) => identity === 'anna'),
  );
  const digits: string[] = [];
  echo.leg.on('digit', (digit) => digits.push(digit));
  echo.phone.press('5');
  await until('digits are told', () => digits.length === 1);
  await music.leg.close();
  expect(await playing).toBe('stopped');
  expect(callers.flatMap(({ told }) => told)).toEqual([]);
  await watch.close();
});

test('what is asked while no process runs waits for the next one', async () => {
  const a = await call();
  const b = await callIntoRoom('waits');
  b.phone.speak(say(1000));
  await standsBy();
  await kill();
  const joined = a.leg.join({ room: 'waits', identity: a.identity, publish: 'auto' });
  const hearing = a.leg.hear('room');
  const watching = node.watchRoom('waits').catch((error: unknown) => error);
  await Promise.all([joined, hearing]);
  expect(sfu.publisher(a.identity)).toBeDefined();
  await until('a hears b', () => hears(a, 1000), 10_000);
  await watching;
});

test('a second death is survived like the first, and who hung up meanwhile is gone', async () => {
  const [a, b, c] = [await callIntoRoom('twice'), await callIntoRoom('twice'), await callIntoRoom('twice')];
  a.phone.speak(say(440));
  await until('b hears a', () => hears(b, 440));
  await kill();
  // At once, and while the others are being restored.
  await c.leg.close();
  const again = await until('the next process runs', () => node.status().state === 'up' && node.status().pid);
  process.kill(again, 'SIGKILL');
  await until('it is gone', () => node.status().pid !== again);
  const killedMs = performance.now();
  await until('b hears a again', () => hears(b, 440, killedMs), 15_000);
  expect(node.status().legs).toBe(2);
  const heardByC = c.phone.packets.length;
  await until('b hears on', () => b.phone.packets.filter(({ atMs }) => atMs > killedMs).length > 60);
  expect(c.phone.packets.length).toBe(heardByC);
  expect([...a.told, ...b.told]).not.toContain('leg lost');
  expect(c.told).toEqual([]);
  await until('both are in the room', () => [a, b].every(({ identity }) => sfu.publisher(identity)));
});

test('a room that can not be joined again for a while is told, and told again when it can', async () => {
  const a = await callIntoRoom('away');
  sfu.silent = true;
  await kill();
  await until('the loss is told', () => a.told.includes('lost'), 10_000);
  sfu.silent = false;
  await until('the return is told', () => a.told.includes('restored'), 30_000);
  expect(a.told).toEqual(['lost', 'restored']);
});

test('a leg whose ports somebody else took is lost, the others are not', async () => {
  const [a, b] = [await call(), await call()];
  await b.leg.hear('echo');
  b.phone.speak(say(440));
  await until('b hears itself', () => hears(b, 440));
  const { pid } = node.status();
  process.kill(pid ?? 0, 'SIGKILL');
  const thief = await taken(a.leg.local.rtpPort);
  try {
    await until('a is lost', () => a.told.includes('leg lost'), 15_000);
    const sinceMs = performance.now();
    await until('b hears itself', () => hears(b, 440, sinceMs), 10_000);
    expect(b.told).toEqual([]);
  } finally {
    thief.close();
  }
});

/** As it is some seconds after each start: the next death costs no start of a process. */
async function standsBy(): Promise<void> {
  const ready = ({ sentence, facts }: LogLine): boolean =>
    sentence === 'stand-by process is ready' && 'child' in facts && facts.child === 'media node';
  await until('a process stands by', () => lines.some(ready), 20_000);
}

/** Binds the port as soon as it is free. */
async function taken(port: number): Promise<Socket> {
  return until('the port is taken', async () => {
    const socket = createSocket('udp4');
    socket.bind({ port, address: '127.0.0.1', exclusive: true });
    return once(socket, 'listening').then(
      () => socket,
      () => null,
    );
  });
}

/** The media node's contract, with its two real processes and real UDP; only the SFU is a fake. */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Encoder } from '@evan/opus';
import type { MediaNodeClient } from '../../mcu/control/client.ts';
import type { FakeSfu } from '../fakes/sfu.ts';
import { decodeLaw, findSound, joinSamples, levelDb, tone, toneDb, writeWav } from '../support/audio.ts';
import { buildReport } from '../../mcu/rtp/rtcp.ts';
import { embeddedTest } from '../support/engine-under-test.ts';
import { NodeUnderTest, configOf } from '../support/node-under-test.ts';
import { until } from '../support/until.ts';

const chirp = Int16Array.from({ length: 4800 }, (_, i) => 9000 * Math.sin(i * (0.1 + i / 12_000)));
let on: NodeUnderTest;
let sfu: FakeSfu;
let node: MediaNodeClient;

beforeAll(async () => {
  on = await NodeUnderTest.open({ silenceSeconds: 1 });
  ({ sfu, node } = on);
  writeWav(join(on.promptFolder, 'chirp.wav'), chirp, 8000);
  writeWav(join(on.promptFolder, 'music.wav'), tone(700, 8000, 48_000, 0, 48_000), 48_000);
  writeWav(join(on.promptFolder, 'tone.wav'), tone(1500, 8000, 4800), 8000);
});
afterEach(() => on.clear());
afterAll(() => on.close());

const say =
  (hz: number, amplitude = 8000) =>
  (from: number) =>
    tone(hz, amplitude, 160, from);
/** 8000 of 32768, as a sine. */
const spokenDb = 20 * Math.log10(8000 / 32768);

test('each caller hears the others at their level, and never itself', async () => {
  const a = await on.callIntoRoom('mix', 'PCMU');
  const b = await on.callIntoRoom('mix', 'PCMA');
  const c = await on.callIntoRoom('mix', 'PCMU');
  a.phone.speak(say(440));
  b.phone.speak(say(1000));
  await until(
    'c hears a and b',
    () => toneDb(c.phone.heard(400), 440) > -20 && toneDb(c.phone.heard(400), 1000) > -20,
  );
  await until('a hears b', () => Math.abs(toneDb(a.phone.heard(400), 1000) - spokenDb) < 1);
  await until('b hears a', () => Math.abs(toneDb(b.phone.heard(400), 440) - spokenDb) < 1);
  await until('c hears a', () => Math.abs(toneDb(c.phone.heard(400), 440) - spokenDb) < 1);
  expect(toneDb(a.phone.heard(400), 440)).toBeLessThan(-60);
  expect(toneDb(b.phone.heard(400), 1000)).toBeLessThan(-60);
  // 50 packets a second, without a gap in sequence or time.
  const heard = c.phone.packets;
  for (let i = 1; i < heard.length; i++) {
    expect((heard[i].sequence - heard[i - 1].sequence) & 0xffff).toBe(1);
    expect(heard[i].ssrc).toBe(heard[0].ssrc);
  }
});

test('a caller’s G.711 reaches the room untouched, with its level, and mute stops it', async () => {
  const a = await on.callIntoRoom('publish');
  const publisher = await until('the caller is in the room', () => sfu.publisher(a.identity));
  a.phone.speak(say(440));
  await until('the room hears the caller', () => publisher.packets.length > 20);
  const voice = joinSamples(
    publisher.packets.slice(-10).map(({ packet }) => decodeLaw('PCMU', packet.subarray(12))),
  );
  expect(toneDb(voice, 440)).toBeCloseTo(spokenDb, 0);
  // RFC 6464: a sine of that amplitude is 3 dB below its peak.
  expect(publisher.packets.at(-1)?.level).toBe(Math.round(-levelDb(tone(440, 8000, 8000))));

  await a.leg.setMuted(true);
  await until('the room sees the mute', () => publisher.muted);
  const count = publisher.packets.length;
  const { packetsReceived } = await a.leg.stats();
  await until(
    'the caller goes on speaking',
    async () => (await a.leg.stats()).packetsReceived > packetsReceived + 10,
  );
  expect(publisher.packets.length).toBe(count);
  await a.leg.setMuted(false);
  await until('the room hears the caller again', () => publisher.packets.length > count + 5);
  const numbers = publisher.packets.map(({ packet }) => packet.readUInt16BE(2));
  for (let i = 1; i < numbers.length; i++) expect((numbers[i] - numbers[i - 1]) & 0xffff).toBe(1);
});

test('a re-INVITE to the other law and another port goes on in the room as it was', async () => {
  const a = await on.callIntoRoom('re-invite');
  const publisher = await until('the caller is in the room', () => sfu.publisher(a.identity));
  a.phone.speak(say(440));
  await until('the room hears the caller', () => publisher.packets.length > 20);
  a.phone.hush();
  const other = await on.phone('PCMA');
  other.dial(a.leg.local);
  await a.leg.configure(configOf(other));
  other.speak(say(440));
  const count = publisher.packets.length;
  await until('the room hears the caller again', () => publisher.packets.length > count + 20);
  const voice = publisher.packets.slice(-10).map(({ packet }) => decodeLaw('PCMU', packet.subarray(12)));
  expect(toneDb(joinSamples(voice), 440)).toBeCloseTo(spokenDb, 0);
  await until('the other phone gets its law', () => other.packets.length > 10);
  expect(other.packets.every(({ payloadType }) => payloadType === 8)).toBe(true);
  expect(sfu.publisher(a.identity)).toBe(publisher);
});

test('a room without G.711 gets Opus', async () => {
  sfu.codecs = ['opus'];
  const a = await on.call();
  const joined = await a.leg.join({ room: 'opus', identity: a.identity, publish: 'auto' });
  expect(joined.codec).toBe('opus');
  a.phone.speak(say(440));
  const publisher = await until('the caller is in the room', () => sfu.publisher(a.identity));
  await until('the room hears the caller', () => publisher.packets.length > 20);
  expect(publisher.packets.at(-1)?.level).toBeGreaterThan(10);
  expect(publisher.packets.at(-1)?.level).toBeLessThan(20);
  expect((await a.leg.stats()).publishedCodec).toBe('opus');
});

test('callers hear people in the room, and their node never takes its own callers’ tracks', async () => {
  const a = await on.callIntoRoom('people');
  const b = await on.callIntoRoom('people');
  const track = sfu.enter('people', 'anna');
  const watcher = await until('the track is taken', () =>
    [...sfu.watchers.values()].find(({ room, taken }) => room === 'people' && taken.has(track)),
  );
  expect([...watcher.taken]).toEqual([track]);
  expect([...sfu.watchers.values()].filter(({ room, gone }) => room === 'people' && !gone)).toHaveLength(1);

  const encoder = new Encoder({ channels: 1, sample_rate: 48_000, application: 'voip' });
  let index = 0;
  const timer = setInterval(() => {
    const header = Buffer.from([0x80, 111, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]);
    header.writeUInt16BE(index & 0xffff, 2);
    header.writeUInt32BE(index * 960, 4);
    const sound = tone(600, 8000, 960, index * 960, 48_000);
    sfu.sendRtp(track, Buffer.concat([header, encoder.encode(sound)]));
    index++;
  }, 20);
  try {
    await until('the caller hears Anna', () => toneDb(a.phone.heard(400), 600) > spokenDb - 4);
  } finally {
    clearInterval(timer);
  }
  await a.leg.hear('nothing');
  await b.leg.hear('nothing');
  await until('nobody hears the room: its tracks are left', () => watcher.taken.size === 0);
});

test('each key press is told once, and its packets never reach the room', async () => {
  const a = await on.callIntoRoom('digits');
  const publisher = await until('the caller is in the room', () => sfu.publisher(a.identity));
  const digits: string[] = [];
  a.leg.on('digit', (digit) => digits.push(digit));
  a.phone.speak(say(440));
  for (const key of '0123456789*#ABCD') a.phone.press(key);
  await until('all keys were told', () => digits.length >= 16);
  expect(digits.join('')).toBe('0123456789*#ABCD');
  expect(publisher.packets.every(({ packet }) => (packet[1] & 0x7f) === 0 && packet.length === 172)).toBe(
    true,
  );
});

test('a prompt is heard as it is in the file', async () => {
  const a = await on.call('PCMA');
  expect(await a.leg.play(['chirp.wav'])).toBe('finished');
  const alone = findSound(a.phone.heard(1200), chirp.subarray(0, 2400));
  expect(alone.correlation).toBeGreaterThan(0.98);
});

embeddedTest('FreeSWITCH lays it over a room that is as loud as before')(
  'a prompt in a room is in front of it',
  async () => {
    const a = await on.call('PCMA');
    const b = await on.callIntoRoom('prompt');
    await a.leg.join({ room: 'prompt', identity: a.identity, publish: 'auto' });
    await a.leg.hear('room');
    b.phone.speak(say(440));
    await until('a hears b', () => toneDb(a.phone.heard(400), 440) > spokenDb - 1);
    expect(await a.leg.play(['tone.wav'])).toBe('finished');
    const during = a.phone.heard(400);
    expect(toneDb(during, 1500)).toBeCloseTo(spokenDb, 0);
    expect(toneDb(during, 440)).toBeLessThan(spokenDb - 10);
    await until(
      'the room is as loud as before',
      () => Math.abs(toneDb(a.phone.heard(200), 440) - spokenDb) < 1,
    );
  },
);

test('music loops until it is stopped; a missing file is an error', async () => {
  const a = await on.call();
  const stop = new AbortController();
  const music = a.leg.play(['music.wav'], { loop: true, signal: stop.signal });
  await until(
    'music for more than its length',
    () => a.phone.packets.length > 70 && toneDb(a.phone.heard(400), 700) > spokenDb - 1,
  );
  stop.abort();
  expect(await music).toBe('stopped');
  await until('silence', () => levelDb(a.phone.heard(200)) < -70);
  await expect(a.leg.play(['missing.wav'])).rejects.toMatchObject({ code: 'PROMPT_UNREADABLE' });
  await expect(a.leg.play(['../escape.wav'])).rejects.toMatchObject({ code: 'PROMPT_UNREADABLE' });
  const first = a.leg.play(['music.wav']);
  const second = a.leg.play(['chirp.wav']);
  expect(await first).toBe('stopped');
  expect(await second).toBe('finished');
});

test('a tone for the room is heard by its callers only', async () => {
  const a = await on.callIntoRoom('tones');
  const b = await on.callIntoRoom('other-tones');
  await node.playToRoom('tones', ['tone.wav']);
  await until('a hears the tone', () => toneDb(a.phone.heard(400), 1500) > spokenDb - 1);
  expect(levelDb(b.phone.heard(400))).toBeLessThan(-70);
});

test('echo gives the caller its own voice back', async () => {
  const a = await on.call();
  await a.leg.hear('echo');
  a.phone.speak(say(440));
  await until('a hears itself', () => Math.abs(toneDb(a.phone.heard(400), 440) - spokenDb) < 0.5);
});

test('a held caller gets nothing and the room does not hear its music', async () => {
  const a = await on.callIntoRoom('hold');
  const b = await on.callIntoRoom('hold');
  a.phone.speak(say(440));
  b.phone.speak(say(1000));
  await until('b hears a', () => toneDb(b.phone.heard(400), 440) > -20);
  await a.leg.configure(configOf(a.phone, { direction: 'recvonly' }));
  await until('b hears a no more', () => levelDb(b.phone.heard(400)) < -60);
  const count = a.phone.packets.length;
  const before = b.phone.packets.length;
  await until('b hears silence for a while', () => b.phone.packets.length > before + 20);
  expect(a.phone.packets.length).toBe(count);
  await a.leg.configure(configOf(a.phone));
  await until(
    'they hear each other again',
    () =>
      toneDb(b.phone.heard(400), 440) > -20 &&
      a.phone.packets.length > count + 20 &&
      toneDb(a.phone.heard(400), 1000) > -20,
  );
  const [last, first] = [a.phone.packets[count - 1], a.phone.packets[count]];
  expect((first.sequence - last.sequence) & 0xffff).toBe(1);
  expect(first.marker).toBe(true);
  // Time went on while nothing was sent.
  expect((first.timestamp - last.timestamp) >>> 0).toBeGreaterThan(8 * 200);
});

test('a stranger is neither heard nor answered, and a phone whose port moves is followed', async () => {
  const a = await on.callIntoRoom('strangers');
  const b = await on.callIntoRoom('strangers');
  a.phone.speak(say(440));
  await until('b hears a', () => toneDb(b.phone.heard(400), 440) > -20);
  const stranger = await on.phone();
  stranger.dial(a.leg.local);
  stranger.speak(say(2000));
  await until('the stranger is counted', async () => (await a.leg.stats()).dropped.stranger > 20);
  expect(toneDb(b.phone.heard(400), 2000)).toBeLessThan(-60);
  expect(stranger.packets).toHaveLength(0);
  stranger.hush();

  await a.phone.moveRtp();
  const count = a.phone.packets.length;
  await until('the new port gets the mix', () => a.phone.packets.length > count + 20);
  await until('b hears a again', () => toneDb(b.phone.heard(400), 440) > -20);
});

test('before the phone says anything it already gets packets, in the packet time that it asked for', async () => {
  for (const ptimeMs of [10, 30, 40]) {
    const a = await on.call('PCMU', { ptimeMs });
    const packets = await until('packets', () => a.phone.packets.length > 10 && a.phone.packets);
    expect(new Set(packets.map(({ payload }) => payload.length))).toEqual(new Set([ptimeMs * 8]));
    expect((packets[5].timestamp - packets[4].timestamp) >>> 0).toBe(ptimeMs * 8);
  }
});

test('silence is told once, until the phone lives again', async () => {
  const a = await on.call();
  const silences: number[] = [];
  a.leg.on('silent', (ms) => silences.push(ms));
  let heard = 0;
  a.leg.on('heard', () => heard++);
  await until('the silence is told', () => silences.length === 1);
  expect([silences[0] >= 1000, heard]).toEqual([true, 0]);
  a.phone.sendAudio(Buffer.alloc(160, 0xff));
  await until('its end is told', () => heard === 1);
  await until('it is told again', () => silences.length === 2);
  // A phone that mutes its microphone by sending nothing still reports.
  a.phone.sendRtcp(buildReport({ ssrc: a.phone.ssrc, cname: 'phone', sender: null, reception: null }));
  await until('its end is told again', () => heard === 2);
});

test('RTCP reports say what was received, and closing says BYE', async () => {
  const a = await on.call();
  a.phone.speak(say(440));
  const report = await until('a report', () => a.phone.reports[0], 8000);
  expect(report[1]).toBe(200);
  expect(report.readUInt32BE(4)).toBe(a.phone.packets[0].ssrc);
  expect(report.readUInt32BE(28)).toBe(a.phone.ssrc);
  const { ssrc } = a.phone.packets[0];
  // A receiver report of the phone that answers ours 50 ms later.
  const answer = Buffer.alloc(32);
  answer.writeUInt32BE(0x81c90007, 0);
  answer.writeUInt32BE(a.phone.ssrc, 4);
  answer.writeUInt32BE(ssrc, 8);
  answer.writeUInt32BE(report.readUInt32BE(10), 24);
  a.phone.sendRtcp(answer);
  const rttMs = await until('the round trip', async () => (await a.leg.stats()).rttMs);
  expect(rttMs).toBeLessThan(2000);
  await a.leg.close();
  const bye = await until('BYE', () => a.phone.reports.find((packet) => packet.at(-7) === 203));
  expect(bye.readUInt32BE(bye.length - 4)).toBe(ssrc);
});

test('a watch knows from its first moment who is there', async () => {
  sfu.enter('occupied', 'bert');
  const watch = await node.watchRoom('occupied');
  expect(watch.participants().map(({ identity }) => identity)).toEqual(['bert']);
  await watch.close();
});

test('a watch shows the room, and a host’s mute and removal reach the leg', async () => {
  const watch = await node.watchRoom('watched');
  expect(watch.participants()).toEqual([]);
  const a = await on.callIntoRoom('watched');
  sfu.enter('watched', 'bert');
  await until('both are seen', () => watch.participants().length === 2);
  expect(watch.participants().map(({ identity, own }) => [identity, own])).toEqual([
    [a.identity, true],
    ['bert', false],
  ]);
  const events: unknown[] = [];
  a.leg.on('mutedByHost', (muted) => events.push(muted));
  a.leg.on('link', (state) => events.push(state));
  sfu.mute(a.identity, true);
  await until('the mute', () => events.includes(true));
  sfu.endPublisher(a.identity, 'removed');
  await until('the removal', () => events.includes('removed'));
  await until('only bert is left', () => watch.participants().length === 1);
  await watch.close();
  await until('the hidden link is gone', () =>
    [...sfu.watchers.values()].every(({ room, gone }) => room !== 'watched' || gone),
  );
});

test('a hidden link that breaks is opened again; a room that refuses is an error that leaves nothing', async () => {
  const a = await on.callIntoRoom('broken');
  const track = sfu.enter('broken', 'carl');
  sfu.endWatchers('unreachable');
  await until('the track is taken again', () =>
    [...sfu.watchers.values()].some(({ gone, taken }) => !gone && taken.has(track)),
  );
  await a.leg.leave();
  await until('nobody of this node is left', () => !sfu.publisher(a.identity));
  sfu.refuse = true;
  await expect(a.leg.join({ room: 'refused', identity: a.identity, publish: 'auto' })).rejects.toMatchObject({
    code: 'ROOM_UNAVAILABLE',
  });
  sfu.refuse = false;
  await a.leg.join({ room: 'refused', identity: a.identity, publish: 'auto' });
});

test('a caller who hangs up while joining leaves nothing behind', async () => {
  const a = await on.call();
  sfu.silent = true;
  const join = a.leg.join({ room: 'hang', identity: a.identity, publish: 'auto' });
  const aborted = expect(join).rejects.toMatchObject({ code: 'ABORTED' });
  await expect(a.leg.join({ room: 'hang', identity: a.identity, publish: 'auto' })).rejects.toMatchObject({
    code: 'LEG_JOINED',
  });
  await a.leg.close();
  await aborted;
  expect(sfu.publisher(a.identity)).toBeUndefined();
  await until('the room is left', () => node.status().rooms === 0);
});

embeddedTest('FreeSWITCH’s death: media-node-freeswitch.test.ts')(
  'an engine that is killed is replaced: sockets and links go on, the mix is back',
  async () => {
    await until(
      'an engine stands by',
      () =>
        on.lines.some(
          ({ sentence, facts }) =>
            sentence === 'stand-by process is ready' && 'child' in facts && facts.child === 'mixing engine',
        ),
      15_000,
    );
    const a = await on.callIntoRoom('crash');
    const b = await on.callIntoRoom('crash');
    const links: string[] = [];
    a.leg.on('link', (state) => links.push(state));
    a.phone.speak(say(440));
    await until('b hears a', () => toneDb(b.phone.heard(400), 440) > -20);
    const music = b.leg.play(['music.wav'], { loop: true });
    const prompt = a.leg.play(['music.wav', 'music.wav', 'music.wav']);
    await until(
      'the prompt plays',
      () => toneDb(a.phone.heard(200), 700) > -20 && toneDb(b.phone.heard(200), 700) > -20,
    );
    const publisher = await until('the caller is in the room', () => sfu.publisher(a.identity));

    const { pid } = node.status().engine;
    process.kill(pid ?? 0, 'SIGKILL');
    const killedMs = performance.now();
    const published = publisher.packets.length;
    expect(await prompt).toBe('stopped');
    const restart = await until(
      'the engine is back',
      () => node.status().engine.pid !== pid && node.status().engine.pid,
    );
    expect(restart).toBeGreaterThan(0);
    await until('b hears a and music', () => {
      const heard = b.phone.heard(400, killedMs + 50);
      return toneDb(heard, 440) > -30 && toneDb(heard, 700) > -14;
    });
    const back = b.phone.packets.find(({ atMs }) => atMs > killedMs + 50);
    console.log(`mix back ${Math.round((back?.atMs ?? 0) - killedMs)} ms after the engine was killed`);
    expect((back?.atMs ?? Infinity) - killedMs).toBeLessThan(1000);
    expect(publisher.packets.length).toBeGreaterThan(published);
    expect(sfu.publisher(a.identity)).toBe(publisher);
    expect(links).toEqual([]);
    const ssrcs = new Set(b.phone.packets.map(({ ssrc }) => ssrc));
    expect(ssrcs.size).toBe(1);
    await b.leg.close();
    expect(await music).toBe('stopped');
  },
);

embeddedTest('FreeSWITCH’s hanging: mixing.test.ts')(
  'an engine that hangs is replaced as if it had died',
  async () => {
    const a = await on.callIntoRoom('hangs');
    const b = await on.callIntoRoom('hangs');
    a.phone.speak(say(440));
    await until('b hears a', () => toneDb(b.phone.heard(400), 440) > -20);
    const publisher = await until('a is in the room', () => sfu.publisher(a.identity));
    const { pid, hangs } = node.status().engine;
    process.kill(pid ?? 0, 'SIGSTOP');
    const stoppedMs = performance.now();
    await until(
      'another engine runs',
      () => node.status().engine.pid !== pid && node.status().engine.state === 'up',
      30_000,
    );
    expect(node.status().engine.hangs).toBe(hangs + 1);
    expect(on.lines.map(({ sentence }) => sentence)).toContain(
      'child process did not answer any more, was killed and is started again',
    );
    await until('b hears a again', () => toneDb(b.phone.heard(400, stoppedMs), 440) > -20, 10_000);
    // Neither links nor sockets noticed.
    expect(sfu.publisher(a.identity)).toBe(publisher);
    expect([...a.told, ...b.told]).toEqual([]);
  },
  60_000,
);

embeddedTest('it looks for the engine’s process')(
  'a node that does not come back in time tells its legs; later it takes new ones',
  async () => {
    const under = await NodeUnderTest.open({ restoreWithinMs: 1 });
    const other = under.node;
    const leg = await other.openLeg('doomed');
    let lost = 0;
    leg.on('lost', () => lost++);
    const { pid, engine } = other.status();
    process.kill(pid ?? 0, 'SIGKILL');
    await until('the loss is told', () => lost === 1);
    await expect(leg.stats()).rejects.toMatchObject({ code: 'CONTROL_CLOSED' });
    await until('its engine is gone too', () => !isAlive(engine.pid ?? 0));
    await until(
      'the node is back',
      () => other.status().state === 'up' && other.status().pid !== pid,
      15_000,
    );
    const next = await other.openLeg('next');
    expect(next.local.rtpPort % 2).toBe(0);
    const { pid: nextPid, engine: nextEngine } = other.status();
    await under.close();
    expect(lost).toBe(1);
    expect(isAlive(nextPid ?? 0)).toBe(false);
    await until('its engine is gone too', () => !isAlive(nextEngine.pid ?? 0));
  },
);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

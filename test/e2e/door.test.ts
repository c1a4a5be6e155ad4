import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { tone, toneDb } from '../support/audio.ts';
import { Caller } from '../support/caller.ts';
import { missingForGateway, startTestGateway } from '../support/gateway.ts';
import type { TestGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { missingForSipp, sipp } from '../support/sipp.ts';
import { until } from '../support/until.ts';

/** Everybody on this machine comes from a trunk. */
const plan = `
version: 1
tenant: default
trunks:
  - { name: carrier, sources: [127.0.0.1] }
rules:
  - { name: meetings, match: { called: 1000 }, action: ask-pin }
  - { name: echo, match: { called: 9196 }, action: echo }
`;
const maxCalls = 10;

describeWith([missingForGateway(), missingForSipp], 'whoever knocks with bad intentions', () => {
  let gateway: TestGateway;
  let folder: string;
  const open: Caller[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'door-'));
    await writeFile(join(folder, 'plan.yaml'), plan);
    gateway = await startTestGateway([
      ...['--dialPlans.folder', folder, '--demo.room', '', '--calls.maxCalls', String(maxCalls)],
      ...['--guessing.freeMisses', '2', '--guessing.blockAfter', '4', '--calls.pinTries', '10'],
    ]);
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
    await until('no call is left', async () => (await gateway.calls()).length === 0, 60_000);
  }, 70_000);
  afterAll(async () => {
    await gateway.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function caller(user: string): Promise<Caller> {
    const one = await Caller.open(gateway.sipPort, user);
    open.push(one);
    return one;
  }

  async function dial(to: string, user: string): Promise<Caller> {
    const one = await caller(user);
    await one.dial(to);
    return one;
  }

  /** Logged, but never so that somebody could be called back, or a PIN be read. */
  function expectDiscreetLog(...secrets: string[]): void {
    const log = gateway.log();
    for (const secret of secrets) expect(log).not.toContain(secret);
  }

  it('blocks a number that guesses PINs, and not the trunk’s address', async () => {
    const { pins } = await gateway.meeting('door');
    const guesser = await dial('1000', '4915550001');
    await guesser.guess('111111', 'pin-wrong');
    await guesser.guess('222222', 'pin-wrong');
    await guesser.guess('333333', 'pin-wrong');
    await guesser.guess('444444', 'pin-wrong');
    // The right one tells a blocked caller nothing.
    await guesser.guess(pins.guest, 'blocked');
    expect(await guesser.hungUp(20_000)).toMatch(/cause=21.*Too many wrong PINs/);

    const again = await dial('1000', '4915550001');
    await again.guess(pins.guest, 'blocked');
    await again.hungUp(20_000);

    const honest = await dial('1000', '4915550002');
    honest.type(`${pins.guest}#`);
    await honest.hears('first-here', 'en', 20_000);
    await honest.hangUp();
    expectDiscreetLog('111111', '444444', pins.guest, '4915550001', '4915550002');
  }, 90_000);

  it('carries a call through digits without end and RTP of strangers', async () => {
    const flooder = await caller('4915550003');
    const answer = await flooder.dial('9196');
    const rtpPort = Number(/m=audio (\d+)/.exec(answer.body)?.[1]);
    await flooder.hears('echo-test', 'en', 20_000);
    flooder.phone.speak((from) => tone(350, 8000, 160, from));
    await until('the echo is heard', () => toneDb(flooder.phone.heard(400), 350) > -14, 20_000);
    const [{ id, media }] = await gateway.calls();
    expect(media).not.toBeNull();

    const stranger = createSocket('udp4').bind(0, '127.0.0.1');
    await once(stranger, 'listening');
    for (let i = 0; i < 500; i++) {
      stranger.send(randomBytes(i % 200), rtpPort, '127.0.0.1');
      stranger.send(rtpLike(i), rtpPort, '127.0.0.1');
      flooder.phone.sendRaw(randomBytes(i % 60));
      if (i % 5 === 0) flooder.phone.press('0123456789'[i % 10]);
      if (i % 50 === 0) await new Promise(setImmediate);
    }
    stranger.close();
    const { dropped } = await until('strangers and garbage are counted', async () => {
      const stats = (await gateway.calls())[0]?.media;
      return stats && stats.dropped.stranger > 0 && stats.dropped.malformed > 0 ? stats : null;
    });
    expect(dropped).toMatchObject({ payloadType: expect.any(Number) as number });
    const flooded = flooder.phone.packets.length;
    await until(
      'the echo is still heard',
      () => flooder.phone.packets.length > flooded + 50 && toneDb(flooder.phone.heard(400), 350) > -14,
      20_000,
    );
    expect((await gateway.calls()).map((call) => call.id)).toEqual([id]);
    await flooder.hangUp();
  }, 90_000);

  it('refuses a flood of calls past the limit with 503 and keeps nothing of them', async () => {
    const callers = await Promise.all(
      Array.from({ length: maxCalls }, (_, i) => dial('9196', `49155501${i}0`)),
    );
    await sipp({
      scenario: 'rfc3261-21.5.4-too-many-calls',
      to: `127.0.0.1:${gateway.sipPort}`,
      user: '9196',
      calls: 200,
      perSecond: 100,
    });
    expect(await gateway.calls()).toHaveLength(maxCalls);
    await Promise.all(callers.map((caller) => caller.hangUp()));
    await until('no call is left', async () => (await gateway.calls()).length === 0, 15_000);
    const ready = (await (await fetch(`${gateway.httpUrl}/readyz`)).json()) as {
      parts: { media: { legs: number }[] };
    };
    expect(ready.parts.media[0].legs).toBe(0);
    // Ten are kept one by one; the others become one record when the minute, or the gateway, is over.
    const kept = (await gateway.records()).filter(({ endReason }) => endReason === 'too-many-calls');
    expect(kept).toHaveLength(10);
    // There is room again.
    const late = await dial('9196', '4915550004');
    await late.hangUp();
  }, 90_000);

  it('counts the address too of whoever is no trunk', async () => {
    const version = async (): Promise<string> =>
      ((await gateway.api('/dial-plan')).body as { version: string }).version;
    const before = await version();
    await writeFile(join(folder, 'plan.yaml'), plan.replace('127.0.0.1', '192.0.2.1'));
    await until('the new plan is in force', async () => (await version()) !== before, 15_000);
    const { pins } = await gateway.meeting('strangers');
    for (const number of ['4915550005', '4915550006']) {
      const guesser = await dial('1000', number);
      await guesser.guess('555555', 'pin-wrong');
      await guesser.guess('666666', 'pin-wrong');
      await guesser.hangUp();
    }
    // A number that never missed, from the address of four misses.
    const other = await dial('1000', '4915550007');
    await other.guess(pins.guest, 'blocked');
    await other.hungUp(20_000);
  }, 90_000);
});

/** Well-formed, of the right payload type, from somebody else. */
function rtpLike(sequence: number): Buffer {
  const packet = Buffer.alloc(172, 0xff);
  packet.writeUInt32BE(0x80000000 + sequence, 0);
  packet.writeUInt32BE(sequence * 160, 4);
  packet.writeUInt32BE(0xdecafbad, 8);
  return packet;
}

/** The media node as it ships, in a real LiveKit room: a phone and a browser’s client hear each other. */
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startMediaNode } from '../../mcu/control/start-node.ts';
import type { MediaNodeClient } from '../../mcu/control/client.ts';
import { tone, toneDb } from '../support/audio.ts';
import { openEngine } from '../support/engine-under-test.ts';
import type { EngineUnderTest } from '../support/engine-under-test.ts';
import { type LiveKit, startLiveKit } from '../support/livekit.ts';
import { Phone } from '../support/phone.ts';
import { quietLog } from '../support/quiet-log.ts';
import { RTC_RATE_HZ, RtcParticipant } from '../support/rtc-participant.ts';
import { until } from '../support/until.ts';

const spokenDb = 20 * Math.log10(8000 / 32_768);
let livekit: LiveKit;
let engine: EngineUnderTest;
let node: MediaNodeClient;

beforeAll(async () => {
  livekit = await startLiveKit();
  engine = await openEngine(tmpdir(), []);
  node = await startMediaNode({
    id: 'node-1',
    host: '127.0.0.1',
    publicIp: '',
    rtpPortMin: 32_000,
    rtpPortMax: 33_999,
    promptFolder: tmpdir(),
    silenceSeconds: 30,
    logLevel: 'info',
    ...(engine.mixer && { mixer: engine.mixer }),
    access: async (room, who) => ({
      url: livekit.url,
      token:
        who === 'watcher'
          ? await livekit.token('hidden', room, { grants: { canPublish: false, hidden: true } })
          : await livekit.token(who.identity, room, { grants: { canSubscribe: false } }),
    }),
    log: quietLog(),
  });
});

afterAll(async () => {
  await node.close();
  await engine.close();
  await livekit.close();
});

test('phones and a browser’s client hear each other, and nobody hears themselves', async () => {
  const room = `node-${Date.now()}`;
  const anna = await RtcParticipant.join(livekit.url, await livekit.token('anna', room));
  const phone = await Phone.open();
  const other = await Phone.open('PCMA');
  try {
    for (const each of [phone, other]) {
      const leg = await node.openLeg(each === phone ? 'one' : 'two');
      each.dial(leg.local);
      await leg.configure({
        codec: each.law,
        payloadType: each.payloadType,
        dtmfPayloadTypes: [101],
        ptimeMs: 20,
        remote: each.remote,
        direction: 'sendrecv',
      });
      const joined = await leg.join({ room, identity: `sip_${leg.id}`, publish: 'auto' });
      expect(joined.codec).toBe(each.law);
      await leg.hear('room');
    }
    phone.speak((from) => tone(440, 8000, 160, from));
    await anna.publishTone(1000);
    await until('the phone hears Anna', () => toneDb(phone.heard(400), 1000) > spokenDb - 4, 15_000);
    await until(
      'the other phone hears both',
      () => toneDb(other.heard(400), 440) > spokenDb - 2 && toneDb(other.heard(400), 1000) > spokenDb - 4,
    );
    expect(toneDb(phone.heard(400), 440)).toBeLessThan(-50);
    const recorded = await anna.record('sip_one', 1500);
    expect(toneDb(recorded.subarray(RTC_RATE_HZ / 2), 440, RTC_RATE_HZ)).toBeGreaterThan(spokenDb - 3);
    await anna.until('the phone is an active speaker', () => anna.hasSpoken('sip_one'));

    const { pid } = node.status().engine;
    // FreeSWITCH is no process of the node's.
    if (pid !== null) {
      process.kill(pid, 'SIGKILL');
      const count = phone.packets.length;
      await until(
        'the mix is back',
        () => phone.packets.length > count + 30 && toneDb(phone.heard(400), 1000) > spokenDb - 4,
      );
    }
    expect(anna.others().map(({ identity }) => identity)).toEqual(
      expect.arrayContaining(['sip_one', 'sip_two']),
    );
  } finally {
    phone.close();
    other.close();
    await node.close();
    await anna.until('no ghost stays', () => anna.others().length === 0);
    await anna.close();
  }
});

/** Every codec through a media node's two real processes and real UDP; only the SFU is a fake. */
import { Encoder } from '@evan/opus';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { repeatedMs } from '../../mcu/codecs/opus-packet.ts';
import type { AudioCodec, LegMediaConfig } from '../../mcu/ports.ts';
import { buildReport } from '../../mcu/rtp/rtcp.ts';
import { toneDb } from '../support/audio.ts';
import { decodePayloads, payloadTypes, ratesHz } from '../support/codec-phone.ts';
import { codecConfigOf, NodeUnderTest } from '../support/node-under-test.ts';
import { babble } from '../support/speech.ts';
import { embeddedTest, engineName } from '../support/engine-under-test.ts';
import { until } from '../support/until.ts';

const dtmfPayloadTypes = [101, 110];
const codecs = ['PCMU', 'PCMA', 'G722', 'opus'] as const;
/** 8000 of 32768, as a sine. */
const spokenDb = 20 * Math.log10(8000 / 32_768);
let on: NodeUnderTest;

beforeAll(async () => {
  on = await NodeUnderTest.open({ silenceSeconds: 5, logLevel: 'warn' });
});
afterEach(() => on.clear());
afterAll(() => on.close());

function callIntoRoom(room: string, codec: AudioCodec, changes: Partial<LegMediaConfig> = {}) {
  return on.codecCallIntoRoom(room, codec, { dtmfPayloadTypes, ...changes });
}

function near(db: number, tolerance = 1.5): boolean {
  return Math.abs(db - spokenDb) < tolerance;
}

/** What the room got last from a caller. */
function published(identity: string, codec: AudioCodec) {
  const packets = on.sfu.publisher(identity)?.packets ?? [];
  const heard = decodePayloads(
    codec,
    packets.slice(-50).map(({ packet }) => packet.subarray(12)),
  );
  return { packets, db: (hz: number) => toneDb(heard.slice(-ratesHz[codec] * 0.4), hz, ratesHz[codec]) };
}

test('callers of all codecs in one room hear each other at their frequencies and levels, and never themselves', async () => {
  const hz = [440, 700, 1000, 1600];
  const callers = [];
  for (const codec of codecs) callers.push(await callIntoRoom('all', codec));
  callers.forEach(({ phone }, i) => phone.speak(hz[i]));
  for (const [listener, { phone }] of callers.entries()) {
    for (const [speaker, frequency] of hz.entries()) {
      if (speaker === listener) continue;
      await until(`${codecs[listener]} hears ${codecs[speaker]}`, () => near(phone.db(frequency)));
    }
    expect(phone.db(hz[listener])).toBeLessThan(-40);
  }
});

/** dB. FreeSWITCH tells when somebody speaks, and how loud just then, of what the node doesn't read itself. */
const levelWithin = (codec: AudioCodec): number =>
  engineName === 'freeswitch' && (codec === 'opus' || codec === 'G722') ? 20 : 1;

test.each([
  ['PCMU', 'PCMU'],
  ['PCMA', 'PCMA'],
  ['G722', 'opus'],
  ['opus', 'opus'],
] as const)('%s reaches the room as %s, with its level', async (codec, roomCodec) => {
  const { phone, leg, identity } = await callIntoRoom(`link-${codec}`, codec);
  phone.speak(1000);
  await until('the room hears the tone', () => {
    const { packets, db } = published(identity, roomCodec);
    return packets.length > 50 && near(db(1000));
  });
  expect((await leg.stats()).publishedCodec).toBe(roomCodec);
  // RFC 6464: a sine is 3 dB below its peak.
  await until(
    'the room knows the level',
    () =>
      Math.abs((published(identity, roomCodec).packets.at(-1)?.level ?? 127) + spokenDb - 3) <=
      levelWithin(codec),
  );
  const numbers = published(identity, roomCodec).packets.map(({ packet }) => packet.readUInt16BE(2));
  numbers.slice(1).forEach((number, i) => expect((number - numbers[i]) & 0xffff).toBe(1));
});

test('Opus goes to the room byte for byte, and silence is known as such', async () => {
  const { phone, identity } = await callIntoRoom('untouched', 'opus');
  const payloads = Array.from({ length: 30 }, (_, i) => Buffer.from([0xf8, 0xff, 0xfe, i]));
  payloads.forEach((payload, i) => phone.phone.sendRtp(111, i * 960, payload, i === 0));
  const packets = await until('all is there', () => {
    const { packets } = published(identity, 'PCMU');
    return packets.length === 30 && packets;
  });
  expect(packets.map(({ packet }) => packet.subarray(12).toString('hex'))).toEqual(
    payloads.map((payload) => payload.toString('hex')),
  );
  expect(packets.every(({ level }) => level === 127)).toBe(true);
});

test('what only wideband carries goes from caller to room and to wideband callers', async () => {
  const speaker = await callIntoRoom('wide', 'G722');
  const listener = await callIntoRoom('wide', 'opus');
  const narrow = await callIntoRoom('wide', 'PCMA');
  speaker.phone.speak(5500);
  await until('the caller hears 5.5 kHz', () => near(listener.phone.db(5500), 2));
  await until('the room hears 5.5 kHz', () => near(published(speaker.identity, 'opus').db(5500), 2));
  // Its alias in a telephone would be at 2.5 kHz.
  expect(narrow.phone.db(2500)).toBeLessThan(-50);
});

embeddedTest('FreeSWITCH takes one codec of a call, and the other law')(
  'a caller that changes between agreed codecs without a word is heard on, here and in the room',
  async () => {
    const alternatives = codecs.map((codec) => ({ codec, payloadType: payloadTypes[codec] }));
    const a = await callIntoRoom('switch', 'PCMU', { alternatives });
    const b = await callIntoRoom('switch', 'PCMA');
    for (const codec of ['PCMU', 'PCMA', 'G722', 'opus', 'PCMU'] as const) {
      const { packets } = published(a.identity, 'PCMU');
      const before = packets.length;
      const heardBefore = b.phone.phone.packets.length;
      a.phone.speak(1000, codec);
      await until(
        `the caller hears ${codec}`,
        () => b.phone.phone.packets.length > heardBefore + 40 && near(b.phone.db(1000)),
      );
      await until(`the room hears ${codec}`, () => {
        const now = published(a.identity, 'PCMU');
        return now.packets.length > before + 50 && near(now.db(1000), 2);
      });
    }
    const numbers = published(a.identity, 'PCMU').packets.map(({ packet }) => packet.readUInt16BE(2));
    numbers.slice(1).forEach((number, i) => expect((number - numbers[i]) & 0xffff).toBe(1));
  },
);

test('a re-INVITE from telephone to Opus and back goes on in the room', async () => {
  const a = await callIntoRoom('re-invite', 'PCMU');
  const b = await callIntoRoom('re-invite', 'G722');
  a.phone.speak(1000);
  await until('the telephone is heard', () => near(b.phone.db(1000)));
  a.phone.hush();
  const other = await on.codecPhone('opus');
  other.phone.dial(a.leg.local);
  await a.leg.configure(codecConfigOf(other, { dtmfPayloadTypes }));
  other.speak(1600);
  await until('Opus is heard', () => near(b.phone.db(1600)));
  b.phone.speak(700);
  await until('Opus hears', () => near(other.db(700)));
  const before = published(a.identity, 'PCMU').packets.length;
  await until('the room hears Opus in the codec of the link', () => {
    const now = published(a.identity, 'PCMU');
    return now.packets.length > before + 50 && near(now.db(1600), 2);
  });
});

test.each([
  ['G722', 10],
  ['G722', 60],
  ['PCMA', 50],
  ['opus', 40],
  ['opus', 60],
] as const)('%s is sent in packets of %i ms when the peer asks for it', async (codec, ptimeMs) => {
  const a = await callIntoRoom(`ptime-${codec}-${ptimeMs}`, codec, { ptimeMs });
  const b = await callIntoRoom(`ptime-${codec}-${ptimeMs}`, 'PCMU');
  b.phone.speak(1000);
  await until('the tone is heard', () => near(a.phone.db(1000)));
  const clockPerMs = codec === 'opus' ? 48 : 8;
  // An engine may leave frames out when somebody enters.
  await until('packets of that time follow each other', () => {
    const heard = a.phone.phone.packets.slice(-10);
    return heard
      .slice(1)
      .every(
        (packet, i) =>
          (packet.timestamp - heard[i].timestamp) >>> 0 === ptimeMs * clockPerMs &&
          ((packet.sequence - heard[i].sequence) & 0xffff) === 1,
      );
  });
});

test('comfort noise is a pause: not lost, not in the room, not heard as sound', async () => {
  const a = await callIntoRoom('noise', 'PCMU', { noisePayloadTypes: [98] });
  const b = await callIntoRoom('noise', 'PCMA');
  a.phone.speak(1000);
  await until('the tone is heard', () => near(b.phone.db(1000)));
  a.phone.hush();
  const count = published(a.identity, 'PCMU').packets.length;
  for (const [i, payloadType] of [13, 98, 13].entries())
    a.phone.phone.sendRtp(payloadType, 1_000_000 + i * 1600, Buffer.from([60]), false);
  const { packetsReceived } = await until('the noise has come', async () => {
    const stats = await a.leg.stats();
    return stats.packetsReceived >= count + 3 && stats;
  });
  await until('it is quiet', () => b.phone.db(1000) < -60);
  const stats = await a.leg.stats();
  expect(stats).toMatchObject({ packetsReceived, packetsLost: 0, dropped: { payloadType: 0, malformed: 0 } });
  expect(published(a.identity, 'PCMU').packets.length).toBe(packetsReceived - 3);
});

test('keys come at both clocks', async () => {
  const a = await on.codecCall('opus', { dtmfPayloadTypes });
  const digits: string[] = [];
  a.leg.on('digit', (digit) => digits.push(digit));
  a.phone.speak(440);
  a.phone.phone.press('4', 110);
  a.phone.phone.press('2', 101);
  await until('both are told', () => digits.length === 2);
  expect(digits).toEqual(['4', '2']);
});

test('the echo test gives back what came, in any agreed codec of the clock', async () => {
  const a = await on.codecCall('G722', { alternatives: [{ codec: 'PCMA', payloadType: 8 }] });
  await a.leg.hear('echo');
  a.phone.speak(1000);
  await until('the echo is heard', () => near(a.phone.db(1000)));
  a.phone.speak(1000, 'PCMA');
  await until('the echo comes as it was sent', () =>
    a.phone.phone.packets.slice(-10).every(({ payloadType }) => payloadType === 8),
  );
});

embeddedTest('FreeSWITCH’s own configuration says so for all calls')(
  'a phone that loses packets gets error correction, if it wants any',
  async () => {
    const opus = { inbandFec: true, dtx: false, maxRateHz: 48_000, maxBitrate: 510_000, cbr: false } as const;
    const speaker = await callIntoRoom('loss', 'PCMU');
    const wanting = await callIntoRoom('loss', 'opus', { opus });
    const other = await callIntoRoom('loss', 'opus', { opus: { ...opus, inbandFec: false } });
    // A tone is no speech, and only speech is coded so that it can be repeated.
    speaker.phone.phone.speak(babble(300, 1));
    const repeating = ({ phone }: typeof wanting) =>
      phone.phone.packets.slice(-40).filter(({ payload }) => repeatedMs(payload, 0, payload.length) > 0)
        .length;
    const report = ({ phone }: typeof wanting, fractionLost: number) => {
      const { ssrc } = phone.phone.packets[0];
      const reception = { ...{ ssrc, fractionLost, lost: 0, extendedHighest: 1 }, jitter: 0 };
      phone.phone.sendRtcp(
        buildReport({
          ...{ ssrc: phone.phone.ssrc, cname: 'phone', sender: null },
          reception: { ...reception, lastSr: 0, delaySinceLastSr: 0 },
        }),
      );
    };
    await until('both hear something', () =>
      [wanting, other].every(({ phone }) => phone.phone.packets.length > 50),
    );
    report(wanting, 0);
    await until('no correction without loss', () => repeating(wanting) === 0);
    report(wanting, 13);
    report(other, 13);
    await until('correction', () => repeating(wanting) > 8);
    expect(repeating(other)).toBe(0);
  },
);

embeddedTest('FreeSWITCH tells nothing of what it recovers')(
  'what a caller’s Opus recovers of itself is counted beside the loss',
  async () => {
    const { phone, leg } = await callIntoRoom('recovered', 'opus');
    const encoder = new Encoder({ channels: 1, sample_rate: 48_000, application: 'voip' });
    Object.assign(encoder, { bitrate: 32_000, signal: 'voice', inband_fec: true, packet_loss: 20 });
    const speech = babble(300, 1, 48_000);
    let sent = 0;
    phone.phone.way = (_packet, send) => {
      if (++sent % 10 !== 0) send();
    };
    phone.say((index) => Buffer.from(encoder.encode(speech(index * 960))));
    const quality = await until(
      'some losses',
      async () => {
        const { quality: shown } = await leg.stats();
        return (shown?.received.recoveredMs ?? 0) >= 200 && shown;
      },
      20_000,
    );
    expect(quality.received.lossPercent).toBeGreaterThan(5);
  },
  30_000,
);

import { Encoder } from '@evan/opus';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFormatDecoder } from '../../../../mcu/codecs/codec.ts';
import { repeatedMs } from '../../../../mcu/codecs/opus-packet.ts';
import { OpusDecoder } from '../../../../mcu/codecs/opus.ts';
import { OpusRepacketizer } from '../../../../mcu/rtp/opus-repacketizer.ts';
import { levelDb, tone } from '../../../support/audio.ts';

const rateHz = 48_000;

/** Packets of a voice-like sound. */
function packets(count: number, frameMs: number, set: Partial<Encoder> = {}, channels: 1 | 2 = 1): Buffer[] {
  const encoder = new Encoder({ channels, sample_rate: rateHz, application: 'voip' });
  Object.assign(encoder, { bitrate: 24_000 * channels, signal: 'voice', ...set });
  const size = (rateHz * frameMs) / 1000;
  return Array.from({ length: count }, (_, index) => {
    const sound = tone(200 + 20 * (index % 7), 6000, size, index * size, rateHz);
    const frame = channels === 1 ? sound : Int16Array.from({ length: size * 2 }, (_, i) => sound[i >> 1]);
    return Buffer.from(encoder.encode(frame));
  });
}

const fec = { inband_fec: true, packet_loss: 20 };
const repeated = (packet: Buffer) => repeatedMs(packet, 0, packet.length);

test.each([10, 20, 40, 60])('packets of %i ms tell whether they repeat what was before them', (frameMs) => {
  const repeating = packets(20, frameMs, fec).slice(5).map(repeated);
  expect(repeating.filter((ms) => ms === frameMs).length).toBeGreaterThan(2);
  expect(repeating.every((ms) => ms === frameMs || ms === 0)).toBe(true);
  expect(packets(20, frameMs).map(repeated)).toEqual(Array(20).fill(0));
});

test('so do stereo packets, and those of several frames', () => {
  expect(packets(20, 20, fec, 2).slice(5).map(repeated).every(Boolean)).toBe(true);
  const joined: Buffer[] = [];
  const join = new OpusRepacketizer(60, (packet) => joined.push(Buffer.from(packet.subarray(12))));
  packets(24, 20, fec).forEach((packet, index) => join.write(packet, 0, packet.length, index * 960));
  expect(joined).toHaveLength(8);
  expect(joined.slice(2).map(repeated)).toEqual(Array(6).fill(20));
});

test('music without SILK repeats nothing', () => {
  const encoder = new Encoder({ channels: 1, sample_rate: rateHz, application: 'restricted_lowdelay' });
  encoder.inband_fec = true;
  encoder.packet_loss = 20;
  const packet = Buffer.from(encoder.encode(tone(400, 6000, 960, 0, rateHz)));
  expect(repeated(packet)).toBe(0);
});

test('a lost packet comes out of the next one, and goes on without it', () => {
  const decoder = new OpusDecoder();
  const out = new Int16Array(5760);
  const sent = packets(20, 20, fec);
  for (const packet of sent.slice(0, 10)) decoder.decode(packet, 0, packet.length, out, 0);
  expect(decoder.recover(sent[11], 0, sent[11].length, out, 0)).toBe(960);
  expect(levelDb(out.subarray(0, 960))).toBeGreaterThan(-25);
  expect(decoder.decode(sent[11], 0, sent[11].length, out, 0)).toBe(960);
  expect(decoder.conceal(480, out, 0)).toBe(480);
  expect(levelDb(out.subarray(0, 480))).toBeGreaterThan(-30);
});

const rtp = (payloadType: number, payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0x80, payloadType]), Buffer.alloc(10), payload]);

test('a stream that changes to G.711 is not concealed by Opus', () => {
  const decoder = createFormatDecoder([
    { codec: 'opus', payloadType: 111 },
    { codec: 'PCMU', payloadType: 0 },
  ]);
  const out = new Int16Array(5760);
  const [first, second] = packets(20, 20, fec).slice(-2);
  const opus = rtp(111, first);
  decoder.decode(opus, 12, opus.length, out, 0);
  expect(decoder.conceal?.(480, out, 0)).toBe(480);
  const next = rtp(111, second);
  expect(decoder.repeatedMs?.(next, 12, next.length)).toBe(20);
  decoder.decode(rtp(0, Buffer.alloc(160, 0xff)), 12, 172, out, 0);
  expect(decoder.conceal?.(480, out, 0)).toBe(0);
  expect(decoder.repeatedMs?.(next, 12, next.length)).toBe(0);
});

test('a stream that changes between two payload types of Opus goes on as one', () => {
  const both = createFormatDecoder([
    { codec: 'opus', payloadType: 111 },
    { codec: 'opus', payloadType: 96 },
    { codec: 'PCMU', payloadType: 0 },
  ]);
  const one = new OpusDecoder();
  const [out, expected] = [new Int16Array(960), new Int16Array(960)];
  for (const [index, payload] of packets(20, 20, fec).entries()) {
    const packet = rtp(index % 2 === 0 ? 111 : 96, payload);
    both.decode(packet, 12, packet.length, out, 0);
    one.decode(payload, 0, payload.length, expected, 0);
    expect(out).toEqual(expected);
  }
});

test('no octets whatever break the decoder or write beyond what they are given', () => {
  const decoder = new OpusDecoder();
  const sent = packets(30, 20, fec);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 1500 }),
        fc
          .tuple(fc.nat(29), fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 6 }))
          .map(([index, changes]) => {
            const packet = new Uint8Array(sent[index]);
            for (const [at, octet] of changes) packet[at % packet.length] = octet;
            return packet;
          }),
      ),
      fc.nat(2),
      (octets, how) => {
        const packet = Buffer.from(octets);
        const out = new Int16Array(6000).fill(7);
        const room = out.subarray(0, 5860);
        const count =
          how === 0
            ? decoder.decode(packet, 0, packet.length, room, 100)
            : how === 1
              ? decoder.recover(packet, 0, packet.length, room, 100)
              : decoder.conceal(480, room, 100);
        expect(count).toBeGreaterThanOrEqual(0);
        expect(count).toBeLessThanOrEqual(5760);
        expect(out.subarray(0, 100).every((sample) => sample === 7)).toBe(true);
        expect(out.subarray(100 + count).every((sample) => sample === 7)).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});

test('thousands of decoders one after the other need no more memory than one', () => {
  const packet = packets(1, 20)[0];
  const out = new Int16Array(960);
  for (let i = 0; i < 3000; i++) {
    const decoder = new OpusDecoder();
    expect(decoder.decode(packet, 0, packet.length, out, 0)).toBe(960);
    decoder.close();
    decoder.close();
    expect(decoder.decode(packet, 0, packet.length, out, 0)).toBe(0);
  }
  // They would not fit into what the library takes at most.
  const many = Array.from({ length: 1500 }, () => new OpusDecoder());
  expect(many.every((each) => each.decode(packet, 0, packet.length, out, 0) === 960)).toBe(true);
  for (const each of many) each.close();
});

import { Decoder, Encoder } from '@evan/opus';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OpusRepacketizer } from '../../../../mcu/rtp/opus-repacketizer.ts';
import { joinSamples, tone } from '../../../support/audio.ts';

function decode(payloads: readonly Buffer[]): Int16Array {
  const decoder = new Decoder({ channels: 1, sample_rate: 48_000 });
  return joinSamples(
    payloads.map((payload) => {
      const { buffer, byteOffset, length } = decoder.decode(payload);
      return new Int16Array(buffer, byteOffset, length / 2);
    }),
  );
}

function repacketize(ptimeMs: number, frames: readonly { payload: Buffer; timestamp: number }[]) {
  const out: { payload: Buffer; timestamp: number }[] = [];
  const repacketizer = new OpusRepacketizer(ptimeMs, (packet, timestamp) =>
    out.push({ payload: Buffer.from(packet.subarray(12)), timestamp }),
  );
  for (const { payload, timestamp } of frames)
    repacketizer.write(Buffer.concat([Buffer.alloc(12), payload]), 12, 12 + payload.length, timestamp);
  return out;
}

function spoken(count: number, bitrate = 32_000) {
  const encoder = new Encoder({ channels: 1, sample_rate: 48_000, application: 'audio' });
  encoder.bitrate = bitrate;
  return Array.from({ length: count }, (_, i) => ({
    payload: Buffer.from(encoder.encode(tone(440, 8000, 960, i * 960, 48_000))),
    timestamp: (4_294_960_000 + i * 960) >>> 0,
  }));
}

test.each([
  [40, 2],
  [50, 2],
  [60, 3],
])('%i ms: %i frames in a packet, which decode to the same samples', (ptimeMs, frames) => {
  for (const bitrate of [12_000, 32_000, 256_000]) {
    const all = spoken(30, bitrate);
    const packets = repacketize(ptimeMs, all);
    expect(packets.length).toBeLessThan(30 / frames + 4);
    expect(packets.length).toBeGreaterThanOrEqual(30 / frames);
    // The last frames may still wait for company.
    const heard = decode(packets.map(({ payload }) => payload));
    const whole = decode(all.map(({ payload }) => payload));
    expect(heard.length).toBeGreaterThan(whole.length - frames * 960);
    expect(heard).toEqual(whole.subarray(0, heard.length));
    expect(packets.every(({ timestamp }) => all.some((each) => each.timestamp === timestamp))).toBe(true);
  }
});

test.each([10, 20, 30])('%i ms: every frame is a packet of its own, as it was', (ptimeMs) => {
  const all = spoken(5);
  expect(repacketize(ptimeMs, all)).toEqual(all);
});

test('a gap, and a frame of another kind, end the packet before', () => {
  const [a, b, c, d] = spoken(4);
  const gap = { payload: c.payload, timestamp: (c.timestamp + 9600) >>> 0 };
  expect(repacketize(60, [a, b, gap]).map(({ timestamp }) => timestamp)).toEqual([a.timestamp]);
  const double = { payload: Buffer.from([d.payload[0] | 1, 1, 2, 3, 4]), timestamp: c.timestamp };
  const packets = repacketize(60, [a, b, double]);
  expect(packets).toHaveLength(2);
  expect(packets[1]).toEqual(double);
});

test('takes any octets', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 1400 }), { maxLength: 10 }), (payloads) => {
      repacketize(
        60,
        payloads.map((payload, i) => ({ payload: Buffer.from(payload), timestamp: i * 960 })),
      );
    }),
  );
});

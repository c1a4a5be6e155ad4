/** Video through everything a network does, and bytes that nobody would send: what comes out is right, or nothing does. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { VideoCodec } from '../../../mcu/ports/video.ts';
import { readSps } from '../../../mcu/video/h264/sps.ts';
import {
  buildFir,
  buildNack,
  buildPli,
  buildTmmbr,
  parseFeedback,
} from '../../../mcu/video/rtcp-feedback.ts';
import { BitWriter } from '../../support/bit-writer.ts';
import { mutate, randomFrom } from '../../support/byte-mutator.ts';
import { fuzzFactor } from '../../support/fuzz-seed.ts';
import { assembling, madeFrame, packetsOf, prints } from '../../support/made-video.ts';

const codecs = fc.constantFrom<VideoCodec>('H264', 'VP8', 'H263', 'H263-1998');
const mode = fc.constantFrom<0 | 1>(0, 1);

const frameSpec = fc.record({
  keyFrame: fc.boolean(),
  bytes: fc.integer({ min: 1, max: 6000 }),
});

/** What happens to a packet on its way, and how long it takes. */
const fate = fc.record({
  lost: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
  delay: fc.integer({ min: 0, max: 12 }),
  doubled: fc.boolean(),
});

const journey = fc.record({
  codec: codecs,
  packetizationMode: mode,
  maxPayloadBytes: fc.integer({ min: 40, max: 1400 }),
  firstSequence: fc.integer({ min: 0, max: 65_535 }),
  firstTimestamp: fc.integer({ min: 0, max: 0xffff_ffff }),
  frames: fc.array(frameSpec, { minLength: 1, maxLength: 20 }),
  fates: fc.array(fate, { minLength: 1, maxLength: 60 }),
});

type Journey = typeof journey extends fc.Arbitrary<infer T> ? T : never;

function sentOf(trip: Journey): { frames: Buffer[]; packets: Buffer[][] } {
  // A stream begins with a key frame.
  const frames = trip.frames.map(({ keyFrame, bytes }, i) =>
    madeFrame(trip.codec, keyFrame || i === 0, bytes, i),
  );
  return { frames, packets: packetsOf(trip, frames, trip) };
}

test('reordered and doubled, all frames come, in order and once', () => {
  const run = fc.property(journey, (trip) => {
    const { frames, packets } = sentOf(trip);
    const to = assembling(trip.codec);
    const arriving = packets.flat().flatMap((packet, i) => {
      const { delay, doubled } = trip.fates[i % trip.fates.length];
      // The first one is where the stream begins.
      const at = i === 0 ? 0 : i + delay;
      return doubled
        ? [
            { at, packet },
            { at: at + 3, packet },
          ]
        : [{ at, packet }];
    });
    for (const { at, packet } of arriving.sort((a, b) => a.at - b.at))
      to.assembler.write(Buffer.from(packet), at);
    expect(prints(to.frames)).toEqual(prints(frames));
    expect(to.assembler.figures()).toMatchObject({ packetsLost: 0, malformed: 0, framesDropped: 0 });
  });
  fc.assert(run, { numRuns: 150 * fuzzFactor() });
});

test('with packets lost, what comes is whole, in order, and needs nothing that is lost', () => {
  const run = fc.property(journey, (trip) => {
    const { frames, packets } = sentOf(trip);
    const to = assembling(trip.codec);
    const whole = packets.map(() => true);
    let count = 0;
    packets.forEach((ofFrame, frame) => {
      for (const packet of ofFrame) {
        const { lost } = trip.fates[count % trip.fates.length];
        if (lost) whole[frame] = false;
        else to.assembler.write(Buffer.from(packet), count);
        count += 1;
      }
    });
    to.assembler.advance(count + 1000);
    let decodable = false;
    const right = frames.filter((_frame, i) => {
      decodable = whole[i] && (decodable || trip.frames[i].keyFrame || i === 0);
      return decodable;
    });
    const got = prints(to.frames);
    // Each is one of them, in their order; at the end of a stream some may still be waited for.
    let at = 0;
    const all = prints(right);
    for (const one of got) {
      at = all.indexOf(one, at) + 1;
      expect(at).toBeGreaterThan(0);
    }
    // None of them is missing without need.
    if (!trip.fates.some(({ lost }) => lost)) expect(got).toEqual(all);
    expect(to.assembler.figures().malformed).toBe(0);
  });
  fc.assert(run, { numRuns: 150 * fuzzFactor() });
});

test('mutated packets never throw, and the next whole key frame is there', () => {
  const run = fc.property(journey, fc.integer(), fc.boolean(), (trip, seed, tolerateLoss) => {
    const random = randomFrom(seed);
    const to = assembling(trip.codec, { tolerateLoss, largestFrame: 64 * 1024 });
    const { packets } = sentOf(trip);
    packets.flat().forEach((packet, i) => to.assembler.write(mutate(packet, random), i));
    // The device begins anew, as after a new offer.
    const frames = [madeFrame(trip.codec, true, 3000, 99), madeFrame(trip.codec, false, 3000, 100)];
    const fresh = packetsOf(trip, frames, { ssrc: 0x1234_5678 }).flat();
    fresh.forEach((packet, i) => to.assembler.write(packet, 5000 + i));
    expect(prints(to.frames.slice(-2))).toEqual(prints(frames));
  });
  fc.assert(run, { numRuns: 300 * fuzzFactor() });
});

/** Payloads as a codec's would begin, and anything behind. */
const strangePayload = fc.tuple(
  fc.constantFrom(
    0x18,
    0x19,
    0x1a,
    0x1c,
    0x1d,
    0x41,
    0x65,
    0x67,
    0x68,
    0x06,
    0x7c,
    0x78,
    0,
    4,
    0x90,
    0xb0,
    0x80,
    0xc0,
  ),
  fc.uint8Array({ maxLength: 60 }),
);

test('made-up payloads never throw and never fill the memory', () => {
  const run = fc.property(
    codecs,
    fc.array(fc.tuple(strangePayload, fc.nat({ max: 3 }), fc.boolean()), { maxLength: 80 }),
    (codec, payloads) => {
      const to = assembling(codec, { largestFrame: 32 * 1024, tolerateLoss: true });
      payloads.forEach(([[first, rest], step, marker], i) => {
        const packet = Buffer.from([
          0x80,
          marker ? 0xe0 : 0x60,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          7,
          first,
          ...rest,
        ]);
        packet.writeUInt16BE((i + step) & 0xffff, 2);
        packet.writeUInt32BE(i >> step, 4);
        to.assembler.write(packet, i);
      });
      to.assembler.advance(1e6);
      for (const frame of to.frames) expect(frame.data.length).toBeLessThan(64 * 1024);
    },
  );
  fc.assert(run, { numRuns: 500 * fuzzFactor() });
});

test('fragments without an end stay within the largest frame', () => {
  const to = assembling('H264', { largestFrame: 100_000 });
  for (let i = 0; i < 5000; i++) {
    const packet = Buffer.alloc(1200, 0x55);
    packet[0] = 0x80;
    packet[1] = 96;
    packet.writeUInt16BE(i, 2);
    packet.writeUInt32BE(1, 4);
    packet[12] = 0x7c;
    packet[13] = i === 0 ? 0x85 : 0x05;
    to.assembler.write(packet, i);
  }
  expect(to.frames).toEqual([]);
  expect(to.assembler.keyFrameNeeded).toBe(true);
  expect(to.assembler.figures().malformed).toBeGreaterThan(0);
});

test('an SPS of any form tells its size', () => {
  const spec = fc.record({
    profileIdc: fc.constantFrom(66, 77, 88, 100, 110, 122, 244),
    widthMacroblocks: fc.integer({ min: 1, max: 500 }),
    heightMapUnits: fc.integer({ min: 1, max: 200 }),
    framesOnly: fc.boolean(),
    chroma: fc.integer({ min: 0, max: 3 }),
    crop: fc.option(fc.tuple(fc.nat({ max: 7 }), fc.nat({ max: 7 }), fc.nat({ max: 3 }), fc.nat({ max: 3 }))),
    order: fc.constantFrom(0, 1, 2),
    cycle: fc.array(fc.integer({ min: -1000, max: 1000 }), { maxLength: 10 }),
    scaling: fc.option(
      fc.array(fc.option(fc.array(fc.integer({ min: -128, max: 127 }), { minLength: 64, maxLength: 64 })), {
        minLength: 12,
        maxLength: 12,
      }),
    ),
  });
  const run = fc.property(spec, (said) => {
    const high = ![66, 77, 88].includes(said.profileIdc);
    const chroma = high ? said.chroma : 1;
    const bits = new BitWriter()
      .bits(0x67, 8)
      .bits(said.profileIdc, 8)
      .bits(0, 8)
      .bits(31, 8)
      .unsignedGolomb(3);
    if (high) {
      bits.unsignedGolomb(chroma);
      if (chroma === 3) bits.bits(0, 1);
      bits
        .unsignedGolomb(2)
        .unsignedGolomb(2)
        .bits(0, 1)
        .bits(said.scaling === null ? 0 : 1, 1);
      if (said.scaling !== null) writeScaling(bits, said.scaling.slice(0, chroma === 3 ? 12 : 8));
    }
    bits.unsignedGolomb(4).unsignedGolomb(said.order);
    if (said.order === 0) bits.unsignedGolomb(12);
    if (said.order === 1) {
      bits.bits(1, 1).signedGolomb(-7).signedGolomb(9).unsignedGolomb(said.cycle.length);
      for (const one of said.cycle) bits.signedGolomb(one);
    }
    bits
      .unsignedGolomb(1)
      .bits(0, 1)
      .unsignedGolomb(said.widthMacroblocks - 1)
      .unsignedGolomb(said.heightMapUnits - 1);
    bits.bits(said.framesOnly ? 1 : 0, 1);
    if (!said.framesOnly) bits.bits(0, 1);
    bits.bits(1, 1).bits(said.crop === null ? 0 : 1, 1);
    for (const one of said.crop ?? []) bits.unsignedGolomb(one);
    bits.bits(0, 1).bits(1, 1);
    const [left, right, top, bottom] = said.crop ?? [0, 0, 0, 0];
    const fields = said.framesOnly ? 1 : 2;
    const width = said.widthMacroblocks * 16 - (left + right) * (chroma === 1 || chroma === 2 ? 2 : 1);
    const height = said.heightMapUnits * 16 * fields - (top + bottom) * (chroma === 1 ? 2 : 1) * fields;
    const nal = bits.nal();
    expect(readSps(nal, 0, nal.length)).toEqual(
      width > 0 && height > 0 ? expect.objectContaining({ width, height }) : null,
    );
  });
  fc.assert(run, { numRuns: 500 * fuzzFactor() });
});

/** ITU-T H.264 §7.3.2.1.1.1, from the differences; a list ends where its next value is 0. */
function writeScaling(bits: BitWriter, lists: readonly (readonly number[] | null)[]): void {
  for (const [i, list] of lists.entries()) {
    bits.bits(list === null ? 0 : 1, 1);
    let last = 8;
    for (const delta of list?.slice(0, i < 6 ? 16 : 64) ?? []) {
      if (last === 0) break;
      bits.signedGolomb(delta);
      last = (last + delta + 256) % 256;
    }
  }
}

test('feedback that is mutated never throws', () => {
  const kinds = [
    buildPli(1, 2),
    buildFir(1, 2, 3),
    buildNack(1, 2, [1, 2, 3, 400]),
    buildTmmbr(1, { ssrc: 2, bitrate: 1e6, overhead: 40 }),
  ];
  const run = fc.property(
    fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 4 }),
    fc.integer(),
    (which, seed) => {
      const packet = mutate(Buffer.concat(which.map((one) => kinds[one])), randomFrom(seed));
      let told = 0;
      const tell = (): void => {
        told += 1;
      };
      const valid = parseFeedback(packet, {
        onPli: tell,
        onFir: tell,
        onNack: tell,
        onTmmbr: tell,
        onTmmbn: tell,
      });
      if (!valid) expect(told).toBe(0);
    },
  );
  fc.assert(run, { numRuns: 500 * fuzzFactor() });
});

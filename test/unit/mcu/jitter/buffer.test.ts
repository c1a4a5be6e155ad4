import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JitterBuffer } from '../../../../mcu/jitter/buffer.ts';
import { newRtpView } from '../../../../mcu/rtp/packet.ts';

const packetMs = 20;

function newBuffer(): JitterBuffer {
  return new JitterBuffer(8000, 300);
}

/** A packet whose payload is its number, 20 ms after the one before it. */
function put(
  buffer: JitterBuffer,
  sequence: number,
  atMs = sequence * packetMs,
  timestamp = sequence * 160,
): void {
  const view = newRtpView();
  view.sequence = sequence & 0xffff;
  view.timestamp = timestamp >>> 0;
  view.payloadEnd = 4;
  const packet = Buffer.alloc(4);
  packet.writeInt32BE(sequence);
  buffer.put(packet, view, atMs);
}

function take(buffer: JitterBuffer): number | null {
  const slot = buffer.first();
  return slot < 0 ? null : buffer.take(slot).readInt32BE(0);
}

function takeAll(buffer: JitterBuffer): number[] {
  const taken: number[] = [];
  for (let next = take(buffer); next !== null; next = take(buffer)) taken.push(next);
  return taken;
}

test('puts packets in order over the end of the numbers, and each once', () => {
  const buffer = newBuffer();
  for (const sequence of [65_535, 65_536, 65_534, 65_538, 65_537, 65_536]) put(buffer, sequence);
  expect(takeAll(buffer)).toEqual([65_534, 65_535, 65_536, 65_537, 65_538]);
  expect(buffer.counts).toMatchObject({ duplicates: 1, lost: 0 });
});

test('counts what is missing, what came late and what came twice apart', () => {
  const buffer = newBuffer();
  for (const sequence of [1, 2, 5]) put(buffer, sequence);
  expect(takeAll(buffer)).toEqual([1, 2, 5]);
  put(buffer, 4, 120);
  put(buffer, 5, 120);
  expect(takeAll(buffer)).toEqual([]);
  expect(buffer.counts).toMatchObject({ lost: 2, lateLost: 1, duplicates: 1 });
});

test('a pause keeps its place on the timeline; timestamps that jump or stand still are joined', () => {
  const buffer = newBuffer();
  put(buffer, 1, 20, 160);
  put(buffer, 2, 1020, 8160);
  put(buffer, 3, 1040, 500_000_000);
  put(buffer, 4, 1060, 500_000_160);
  put(buffer, 5, 3060, 500_000_320);
  const places: [number, boolean][] = [];
  for (let slot = buffer.first(); slot >= 0; slot = buffer.first()) {
    places.push([buffer.mediaMs(slot), buffer.isSeam(slot)]);
    buffer.take(slot);
  }
  expect(places).toEqual([
    [0, false],
    [1000, false],
    [1020, true],
    [1040, false],
    [3040, true],
  ]);
});

test('a seam is between what is taken one after the other, in whatever order it came', () => {
  const buffer = newBuffer();
  // Numbers that go back by two: what came first is taken behind what was said later.
  put(buffer, 11, 20, 1600);
  put(buffer, 9, 40, 1760);
  put(buffer, 10, 60, 1920);
  const seams: [number, boolean][] = [];
  for (let slot = buffer.first(); slot >= 0; slot = buffer.first()) {
    const seam = buffer.isSeam(slot);
    seams.push([buffer.take(slot).readInt32BE(0), seam]);
  }
  expect(seams).toEqual([
    [9, false],
    [10, false],
    [11, true],
  ]);
});

test('a sender that begins anew is joined without a packet lost, a stray packet is not', () => {
  const buffer = newBuffer();
  put(buffer, 1, 20);
  put(buffer, 2, 40);
  put(buffer, 30_000, 45, 77);
  put(buffer, 3, 60);
  put(buffer, 40_000, 80, 900);
  put(buffer, 40_001, 100, 1060);
  expect(takeAll(buffer)).toEqual([1, 2, 3, 40_000, 40_001]);
  expect(buffer.counts).toMatchObject({ restarts: 1, lost: 0 });
});

test('a calm stream needs 20 ms, one with jitter what it needs, and the way back is slow', () => {
  const buffer = newBuffer();
  let sequence = 0;
  const run = (packets: number, jitterMs: number) => {
    for (let i = 0; i < packets; i++, sequence++) {
      put(buffer, sequence, sequence * packetMs + (i % 7 === 0 ? jitterMs : 0));
      take(buffer);
    }
    return buffer.delays.targetMs;
  };
  expect(run(2, 0)).toBe(40);
  expect(run(1500, 0)).toBe(20);
  expect(run(100, 80)).toBeGreaterThanOrEqual(100);
  expect(run(100, 0)).toBeGreaterThan(80);
  expect(run(2000, 0)).toBe(20);
});

test('one late packet raises the delay at once, by one step', () => {
  const buffer = newBuffer();
  for (let sequence = 0; sequence < 1500; sequence++) {
    if (sequence !== 1400) put(buffer, sequence);
    take(buffer);
    if (sequence === 1405) put(buffer, 1400, 1405 * packetMs);
    if (sequence === 1405) expect(buffer.delays.targetMs).toBe(40);
  }
});

test('the target never exceeds what is configured', () => {
  const buffer = new JitterBuffer(8000, 100);
  for (let sequence = 0; sequence < 500; sequence++) {
    put(buffer, sequence, sequence * packetMs + (sequence % 3) * 150);
    take(buffer);
  }
  expect(buffer.delays.targetMs).toBe(100);
});

test('whatever comes: nothing is given twice, nothing backwards, memory stays bounded', () => {
  const step = fc.oneof(
    fc.record({ take: fc.constant(false), jump: fc.integer({ min: -5, max: 5 }), timeJump: fc.constant(0) }),
    fc.record({ take: fc.constant(true), jump: fc.constant(0), timeJump: fc.constant(0) }),
    fc.record({ take: fc.constant(false), jump: fc.integer({ min: 0, max: 65_535 }), timeJump: fc.nat() }),
  );
  fc.assert(
    fc.property(fc.nat(65_535), fc.array(step, { maxLength: 400 }), (first, steps) => {
      const buffer = newBuffer();
      let at = first;
      let atMs = 0;
      let lastMs = -Infinity;
      let puts = 0;
      let taken = 0;
      for (const { take: takes, jump, timeJump } of steps) {
        if (!takes) {
          put(buffer, at + jump, (atMs += 20), at * 160 + timeJump);
          puts++;
          at++;
          continue;
        }
        const slot = buffer.first();
        if (slot < 0) continue;
        expect(buffer.arrivalMs(slot)).toBeGreaterThan(-1);
        expect(Number.isFinite(buffer.mediaMs(slot))).toBe(true);
        lastMs = buffer.mediaMs(slot);
        buffer.take(slot);
        taken++;
      }
      expect(lastMs).not.toBeNaN();
      expect(buffer.count + taken).toBeLessThanOrEqual(puts);
      expect(buffer.count).toBeLessThanOrEqual(128);
      for (const count of Object.values(buffer.counts)) expect(count).toBeGreaterThanOrEqual(0);
      expect(buffer.delays.targetMs).toBeGreaterThanOrEqual(20);
      expect(buffer.delays.targetMs).toBeLessThanOrEqual(300);
    }),
  );
});

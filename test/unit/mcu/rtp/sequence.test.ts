import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SequenceTracker } from '../../../../mcu/rtp/sequence.ts';

test('counts loss over the end of the numbers', () => {
  const tracker = new SequenceTracker();
  for (const sequence of [65_533, 65_534, 0, 1, 4]) expect(tracker.update(sequence)).toBe(true);
  expect(tracker.lost).toBe(3);
  expect(tracker.extendedHighest).toBe(65_536 + 4);
});

test('late packets are no loss', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 65_535 }),
      fc.array(fc.nat(9), { maxLength: 60 }),
      (first, swaps) => {
        const order = Array.from({ length: 60 }, (_, i) => i);
        swaps.forEach((swap, i) => {
          const j = Math.min(59, i + swap);
          // The first packet stays first: nobody can know of one before it.
          if (i > 0) [order[i], order[j]] = [order[j], order[i]];
        });
        const tracker = new SequenceTracker();
        for (const offset of order) tracker.update((first + offset) & 0xffff);
        expect(tracker.lost).toBe(0);
      },
    ),
  );
});

test('the fraction lost is that since the last report, in 256ths', () => {
  const tracker = new SequenceTracker();
  for (let sequence = 0; sequence < 100; sequence++) tracker.update(sequence);
  expect(tracker.takeFractionLost()).toBe(0);
  for (let sequence = 100; sequence < 200; sequence += 2) tracker.update(sequence);
  expect(tracker.takeFractionLost()).toBe(126);
  expect(tracker.takeFractionLost()).toBe(0);
});

test('a jump is dropped once, then it is a new beginning; losses stay counted, and the dropped one is', () => {
  const tracker = new SequenceTracker();
  tracker.update(1);
  tracker.update(4);
  expect(tracker.update(40_000)).toBe(false);
  expect(tracker.update(40_001)).toBe(true);
  expect(tracker.update(40_003)).toBe(true);
  expect(tracker.lost).toBe(2 + 1 + 1);
});

test('how late a packet may come is its kind’s: what sound takes for another sequence, video has asked for again', () => {
  const [sound, video] = [new SequenceTracker(), new SequenceTracker(512)];
  for (const tracker of [sound, video]) for (let i = 0; i < 400; i++) if (i !== 90) tracker.update(i);
  expect([sound.update(90), video.update(90)]).toEqual([false, true]);
  expect([sound.lost, video.lost]).toEqual([1, 0]);
  for (let i = 400; i < 700; i++) video.update(i);
  expect(video.update(150)).toBe(false);
});

test('even packets have no jitter, uneven ones the mean deviation (RFC 3550 A.8)', () => {
  const tracker = new SequenceTracker();
  for (let i = 0; i < 200; i++) {
    tracker.update(i);
    tracker.arrived(i * 160, i * 160 + 12_345);
  }
  expect(tracker.jitter).toBe(0);
  for (let i = 200; i < 600; i++) {
    tracker.update(i);
    tracker.arrived(i * 160 + (i % 2) * 80, i * 160 + 12_345);
  }
  expect(tracker.jitter).toBeCloseTo(80, 0);
});

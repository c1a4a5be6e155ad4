import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dice } from '../../../support/speech.ts';
import { Arrivals, BurstMeter, gmin } from '../../../../mcu/quality/burst.ts';

/** `1` came, `0` did not. */
function meterOf(packets: string): BurstMeter {
  const meter = new BurstMeter();
  for (const packet of packets) {
    if (packet === '1') meter.arrived();
    else meter.missed();
  }
  return meter;
}

test('the example of RFC 3611 §4.7.2', () => {
  const firstGap = `11110${'1'.repeat(18)}`;
  const burst = '011101011110';
  const secondGap = `${'1'.repeat(19)}0${'1'.repeat(9)}`;
  const figures = meterOf(firstGap + burst + secondGap).figures(10);
  expect(figures).toMatchObject({ bursts: 1, burstMs: 120, gapMs: (230 + 290) / 2 });
  expect((figures?.burstLossPercent ?? 0) / 100).toBeCloseTo(0.33, 2);
  expect((figures?.gapLossPercent ?? 0) / 100).toBeCloseTo(0.04, 2);
});

test('a stream without loss is one gap; before the first packet nothing is known', () => {
  expect(new BurstMeter().figures(20)).toBeNull();
  expect(meterOf('1'.repeat(50)).figures(20)).toEqual({
    bursts: 0,
    burstLossPercent: 0,
    gapLossPercent: 0,
    burstMs: 0,
    gapMs: 1000,
    burstRatio: 1,
  });
});

test('two losses are one burst when fewer than Gmin packets came between them', () => {
  const apart = (between: number) => meterOf(`1110${'1'.repeat(between)}0111`).figures(20);
  expect(apart(gmin - 1)).toMatchObject({ bursts: 1, gapLossPercent: 0 });
  expect(apart(gmin)).toMatchObject({ bursts: 0, burstLossPercent: 0 });
});

test('losses in runs have a burst ratio above that of random ones', () => {
  // Every tenth packet, and the same share in runs of five.
  expect(meterOf('0111111111'.repeat(100)).figures(20)?.burstRatio).toBe(1);
  const runs = meterOf(`00000${'1'.repeat(45)}`.repeat(20)).figures(20);
  expect(runs?.burstRatio).toBeCloseTo(5 * 0.9, 5);
  expect(runs).toMatchObject({ bursts: 20, burstMs: 100, burstLossPercent: 100, gapMs: 900 });
});

// G.107 §7.5 (eq. 7-30): a 2-state Markov chain that loses with p after an arrival and recovers with q has 1 / (p + q).
test.each([
  [0.01, 0.25],
  [0.05, 0.5],
  [0.1, 0.9],
])('a chain that loses with p = %d and recovers with q = %d has the burst ratio of G.107', (p, q) => {
  const random = dice(7);
  const meter = new BurstMeter();
  let lost = false;
  for (let i = 0; i < 200_000; i++) {
    lost = lost ? random() >= q : random() < p;
    if (lost) meter.missed();
    else meter.arrived();
  }
  expect((meter.figures(20)?.burstRatio ?? 0) * (p + q)).toBeCloseTo(1, 1);
});

test('every packet is in a burst or in a gap, and losses are shared out without rest', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 400 }), (came) => {
      const packets = came.map((each) => (each ? '1' : '0')).join('');
      const meter = meterOf(packets);
      const figures = meter.figures(1);
      if (!figures) throw new Error('no figures');
      const inBursts = figures.burstMs * figures.bursts;
      const lost =
        (figures.burstLossPercent * inBursts + figures.gapLossPercent * (came.length - inBursts)) / 100;
      expect(lost).toBeCloseTo(packets.replaceAll('1', '').length, 6);
      // Independent of how the meter goes about it: what lies between two losses that are near each other.
      const bursts = packets.match(/0(?:1{0,15}0)+/g) ?? [];
      expect(figures.bursts).toBe(bursts.length);
      expect(inBursts).toBeCloseTo(bursts.join('').length, 6);
      expect(figures.burstRatio).toBeGreaterThanOrEqual(1);
    }),
    { numRuns: 500 },
  );
});

test('packets that overtake each other are not lost, doubles count once, and numbers may wrap', () => {
  const meter = new BurstMeter();
  const arrivals = new Arrivals(meter);
  const order = Array.from({ length: 400 }, (_, i) => 65_300 + i);
  for (let i = 0; i + 10 < order.length; i += 10) order.splice(i, 10, ...order.slice(i, i + 10).reverse());
  for (const sequence of order) {
    // The 300th never comes.
    if (sequence === 65_600) continue;
    arrivals.arrived(sequence & 0xffff);
    arrivals.arrived(sequence & 0xffff);
  }
  arrivals.reset();
  expect(meter.lost).toBe(1);
  // What is older than the first to arrive is not counted.
  expect(meter.packets).toBe(400 - 9);
});

test('a sender that begins anew has lost nothing', () => {
  const meter = new BurstMeter();
  const arrivals = new Arrivals(meter);
  for (let i = 0; i < 100; i++) arrivals.arrived(i);
  for (let i = 0; i < 100; i++) arrivals.arrived(30_000 + i);
  arrivals.reset();
  expect(meter).toMatchObject({ packets: 200, lost: 0 });
});

import { expect, test } from 'vitest';
import { BitrateControl } from '../../../../mcu/rtp/bitrate-control.ts';

function control() {
  let nowMs = 0;
  const limits: number[] = [];
  const bitrate = new BitrateControl(
    () => nowMs,
    (limit) => limits.push(limit),
  );
  bitrate.configure(1_500_000);
  /** A report every five seconds, as most devices send them. */
  const reports = (...losses: readonly number[]) => {
    for (const loss of losses) {
      nowMs += 5000;
      bitrate.reported(loss, 500);
    }
  };
  return { bitrate, limits, reports };
}

test('much loss takes a quarter, and little loss for long enough gives a part back, up to all of it', () => {
  const { limits, reports } = control();
  reports(0, 5, 30);
  expect(limits).toEqual([1_125_000]);
  reports(0, 0, 0, 0, 0, 0);
  expect(limits).toEqual([1_125_000, 1_350_000, Infinity]);
});

test('some loss changes nothing', () => {
  const { limits, reports } = control();
  reports(30, 5, 5, 5, 5, 5);
  expect(limits).toEqual([1_125_000]);
});

test('two reports of one loss lower the rate once', () => {
  const { bitrate, limits, reports } = control();
  reports(30);
  bitrate.reported(30, 500);
  expect(limits).toHaveLength(1);
  reports(30);
  expect(limits).toEqual([1_125_000, 843_750]);
});

test('a rate that was too much is tried again later and later', () => {
  const { limits, reports } = control();
  reports(30);
  const tries: number[] = [];
  for (let i = 0; i < 60; i++) {
    const before = limits.length;
    reports(0);
    if (limits.length > before) {
      tries.push(i);
      reports(40);
    }
  }
  const pauses = tries.map((at, i) => at - (tries[i - 1] ?? 0)).slice(1);
  expect(pauses.length).toBeGreaterThan(1);
  expect(pauses.every((pause, i) => i === 0 || pause >= pauses[i - 1])).toBe(true);
});

test('one packet of a few says nothing', () => {
  const { bitrate, limits } = control();
  bitrate.reported(25, 4);
  expect(limits).toEqual([]);
});

test('never less than makes a picture, never more than the peer asked for', () => {
  const { bitrate, limits, reports } = control();
  reports(...Array.from({ length: 40 }, () => 50));
  expect(limits.at(-1)).toBe(64_000);
  bitrate.limitedTo(50_000);
  expect(limits.at(-1)).toBe(50_000);
  bitrate.limitedTo(3_000_000);
  expect(limits.at(-1)).toBe(64_000);
});

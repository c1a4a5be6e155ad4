import { expect, test } from 'vitest';
import { ClippingMeter } from '../../../../mcu/quality/clipping.ts';
import { decodeLaw, encodeLaw, tone } from '../../../support/audio.ts';
import type { Law } from '../../../support/audio.ts';

function clipped(frames: readonly Int16Array[]): number {
  const meter = new ClippingMeter();
  for (const frame of frames) meter.push(frame);
  return meter.clippedSamples;
}

/** A tone as a line gives it that can't take its level. */
const overdriven = (gain: number) =>
  Int16Array.from(tone(300, 16_000, 800), (sample) =>
    Math.max(-32_768, Math.min(32_767, (sample * gain * 32_767) / 16_000)),
  );

test.each<Law>(['PCMU', 'PCMA'])('flat tops are counted, also after %s', (law) => {
  const flat = decodeLaw(law, encodeLaw(law, overdriven(2)));
  // A sine of twice full scale is at full scale for two thirds of its time.
  expect(clipped([flat]) / flat.length).toBeGreaterThan(0.6);
  expect(clipped([flat]) / flat.length).toBeLessThan(0.72);
});

test('a loud voice that just touches full scale has no flat tops', () => {
  const peaks = tone(1000, 20_000, 160);
  peaks[40] = 32_767;
  peaks[41] = 32_767;
  peaks[80] = -32_768;
  expect(clipped([peaks, tone(300, 25_000, 160)])).toBe(0);
});

test('a flat top goes on over frames, but not over a gap', () => {
  const [end, begin] = [new Int16Array(160), new Int16Array(160)];
  end.fill(32_767, 158);
  begin.fill(32_767, 0, 2);
  expect(clipped([end, begin])).toBe(4);
  const meter = new ClippingMeter();
  meter.push(end);
  meter.skip();
  meter.push(begin);
  expect(meter.clippedSamples).toBe(0);
});

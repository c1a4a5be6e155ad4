import { expect, test } from 'vitest';
import { comfortNoise } from '../../../../mcu/mixer/comfort-noise.ts';
import { levelDb, toneDb } from '../../../support/audio.ts';

test.each([8000, 16_000, 48_000])('at %i Hz it is far below anything said, and no tone', (rateHz) => {
  const noise = comfortNoise(rateHz);
  expect(levelDb(noise)).toBeCloseTo(-73.5, 0);
  for (const hz of [50, 300, 1000, 3000]) expect(toneDb(noise, hz, rateHz)).toBeLessThan(-90);
});

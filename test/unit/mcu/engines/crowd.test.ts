import { expect, test } from 'vitest';
import { decodeLaw, joinSamples, levelDb } from '../../../support/audio.ts';
import { Crowd } from '../../../support/crowd.ts';

const loudest = 8;

test.each([8, 200, 500])('of %d who talk at once eight are decoded, and heard', (people) => {
  const crowd = new Crowd(people, loudest);
  for (let tick = 0; tick < 30; tick++) expect(crowd.tick()).toBeLessThanOrEqual(loudest);
  crowd.heard = [];
  for (let tick = 0; tick < 50; tick++) expect(crowd.tick()).toBe(loudest);
  expect(crowd.heard).toHaveLength(50);
  expect(levelDb(joinSamples(crowd.heard.map((each) => decodeLaw('PCMU', each))))).toBeGreaterThan(-40);
});

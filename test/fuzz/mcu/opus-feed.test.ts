import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tone } from '../../support/audio.ts';
import { largestStep } from '../../support/network-path.ts';
import { changeOvers, hearTurns } from '../../support/turns.ts';

const opus = { inbandFec: true, dtx: false, maxBitrate: 510_000, cbr: false } as const;
const said = tone(440, 8000, 8000 * 4);
/** The tone steps by 530 out of one encoder, by up to 630 at a change of them; by 2000 and more if they aren't warm. */
const allowedStep = 800;

/** Frames of a word and of the silence after it. */
const turn = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 60 }));

test('whenever an Opus listener speaks and falls silent, what it hears has no step at a change of encoders', () => {
  let changes = 0;
  fc.assert(
    fc.property(
      fc.array(turn, { minLength: 1, maxLength: 20 }),
      fc.constantFrom(16_000, 48_000),
      (turns, maxRateHz) => {
        const speaking = turns.flatMap(([word, pause]) => [
          ...Array.from({ length: word }, () => true),
          ...Array.from({ length: pause }, () => false),
        ]);
        const heard = hearTurns({
          said,
          speaks: (tick) => speaking[tick % speaking.length],
          fellows: 2,
          opus: { ...opus, maxRateHz },
        });
        changes += changeOvers(heard);
        // The first frames are those of any call.
        expect(largestStep(heard.sound.subarray(9600))).toBeLessThan(allowedStep);
      },
    ),
    { numRuns: 8 },
  );
  expect(changes).toBeGreaterThan(0);
});

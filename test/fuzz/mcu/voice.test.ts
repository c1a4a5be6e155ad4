import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tone } from '../../support/audio.ts';
import { largestStep, playOver } from '../../support/network-path.ts';

const rateHz = 8000;
const seconds = 6;
const sound = tone(440, 8000, rateHz * seconds, 0, rateHz);
/** A 440 Hz tone of this amplitude steps by 2750 by itself. */
const allowedStep = 3600;
/** What lay decoded is played to its end; where gaps follow each other, what is made up in each fades from the last. */
const longestFadeFrames = 25;

/** What happens to each packet in turn, again and again. */
const fate = fc.oneof(
  { weight: 6, arbitrary: fc.constant(30) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 250 }) },
  { weight: 2, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 400 })) },
);

const upset = fc.record({
  at: fc.nat(seconds * 50),
  sequence: fc.oneof(fc.constant(0), fc.nat(65_535)),
  timestamp: fc.oneof(fc.constant(0), fc.nat(2 ** 32 - 1), fc.integer({ min: -16_000, max: 16_000 })),
});

test('whatever the network does to a tone: it is played smoothly, and held no longer than allowed', () => {
  fc.assert(
    fc.property(
      fc.array(fate, { minLength: 1, maxLength: 60 }),
      fc.array(upset, { maxLength: 3 }),
      fc.integer({ min: -500, max: 500 }),
      (fates, upsets, driftPpm) => {
        let mostMs = 0;
        const { sound: heard, stats } = playOver({
          ...{ sound, rateHz, driftPpm },
          network: ({ index }) => fates[index % fates.length],
          sender: (packet) => {
            for (const { at, sequence, timestamp } of upsets) {
              if (packet.index < at) continue;
              packet.sequence = (packet.sequence + sequence) & 0xffff;
              packet.timestamp = (packet.timestamp + timestamp) >>> 0;
            }
            return true;
          },
          onFrame: (voice) => (mostMs = Math.max(mostMs, voice.stats().targetDelayMs)),
        });
        expect(largestStep(heard)).toBeLessThan(allowedStep);
        expect(mostMs).toBeLessThanOrEqual(300);
        for (const figure of Object.values(stats)) expect(figure ?? 0).toBeGreaterThanOrEqual(0);
        expect(stats.concealedMs).toBeLessThanOrEqual(seconds * 1000);
      },
    ),
    { numRuns: 150 },
  );
});

test('whoever is listened to now and then fades in and out, and is silent in between', () => {
  fc.assert(
    fc.property(
      fc.array(fate, { minLength: 1, maxLength: 60 }),
      fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 12 }),
      (fates, turns) => {
        let [turn, left, unheard] = [0, turns[0], 0];
        const { sound: heard } = playOver({
          ...{ sound, rateHz, network: ({ index }) => fates[index % fates.length] },
          onFrame: (voice, _dueMs, frame) => {
            unheard = voice.listening ? 0 : unheard + 1;
            if (unheard > longestFadeFrames) expect(frame.every((sample) => sample === 0)).toBe(true);
            if (--left > 0) return;
            left = turns[++turn % turns.length];
            voice.listening = !voice.listening;
          },
        });
        expect(largestStep(heard)).toBeLessThan(allowedStep);
      },
    ),
    { numRuns: 100 },
  );
});

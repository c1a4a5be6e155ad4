import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tone } from '../../support/audio.ts';
import { largestStep, playOver } from '../../support/network-path.ts';

const rateHz = 8000;
const seconds = 6;
const sound = tone(440, 8000, rateHz * seconds, 0, rateHz);
/** A 440 Hz tone of this amplitude steps by 2750 by itself. */
const allowedStep = 3600;
/**
 * What lay decoded is played to its end; where gaps follow each other, what is made up in each fades from the last. Of
 * 6000 random networks seven took more than 25 frames, none more than 29.
 */
const longestFadeFrames = 40;

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

type Fate = number | null | [number, number];
interface Upset {
  readonly at: number;
  readonly sequence: number;
  readonly timestamp: number;
}

/** What once clicked. */
const found: [Fate[], Upset[], number][] = [
  // Numbers that go back while timestamps go on: the old packets under the new ones' numbers.
  [[30], [{ at: 1, sequence: -79, timestamp: 0 }], 0],
  [[[0, 0]], [{ at: 1, sequence: -128, timestamp: 0 }], 0],
  [[55, 30, null, 0], [{ at: 16, sequence: -3, timestamp: 0 }], 0],
  [[30, 91], [{ at: 15, sequence: -3, timestamp: 0 }], 0],
  [[30, 30, 75, null, 30, 30], [{ at: 131, sequence: -4, timestamp: 0 }], 0],
  [[140, 0], [{ at: 42, sequence: -7, timestamp: 0 }], 1],
  [[30, [0, 0], null, 30, 30, 30, 200], [{ at: 60, sequence: -13, timestamp: 0 }], 0],
  [
    [null, 30],
    [
      { at: 2, sequence: -88, timestamp: 0 },
      { at: 92, sequence: -13, timestamp: 0 },
    ],
    0,
  ],
  // … that go on by nearly what the buffer holds: the last old packets are taken for a sender that begins anew.
  [[[0, 160], 30, 149, null], [{ at: 11, sequence: 126, timestamp: 0 }], 1],
  [[118, 0, 158, 30], [{ at: 61, sequence: 123, timestamp: 0 }], 1],
  [[148, [0, 161], null, 30], [{ at: 5, sequence: 125, timestamp: 0 }], 0],
  [[170, 9, 210, 30], [{ at: 5, sequence: 121, timestamp: 0 }], 1],
  [[30, 201, [0, 189]], [{ at: 13, sequence: 126, timestamp: 0 }], 0],
  [
    [30, [12, 190], 111],
    [
      { at: 111, sequence: 124, timestamp: 0 },
      { at: 107, sequence: 0, timestamp: -183 },
    ],
    1,
  ],
  // Timestamps that jump, overtaken by packets from before.
  [[null, 30, [10, 10], 151], [{ at: 143, sequence: 0, timestamp: -8320 }], -1],
  [[98, null, 8, 30], [{ at: 39, sequence: 0, timestamp: 2 ** 31 - 160 }], 0],
  // … and that go back by as much as was lost.
  [[null, 30], [{ at: 20, sequence: 0, timestamp: -144 }], 0],
];

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
    { numRuns: 150, examples: found },
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

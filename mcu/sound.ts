import { z } from 'zod';

/** How voices are played and mixed; the same for all members of an engine. */
export const soundOptions = z.strictObject({
  /** The longest delay that jitter buffers grow to on purpose. */
  longestDelayMs: z.int().min(20).max(480).default(300),
  /** Brings every voice to the same level. */
  levelling: z.boolean().default(true),
  /** Participants of a room that are decoded and mixed at once; callers always are. */
  loudest: z.int().min(1).max(1000).default(8),
  /** Lets a line hiss, very quietly, while nobody speaks. */
  comfortNoise: z.boolean().default(true),
});
export type SoundOptions = z.output<typeof soundOptions>;

/** Voices as they come, silence as it is. */
export const untouchedSound: SoundOptions = {
  longestDelayMs: 300,
  levelling: false,
  comfortNoise: false,
  loudest: 8,
};

/** How voices are played and mixed; the same for all members of an engine. */
export interface SoundOptions {
  /** The longest delay that the jitter buffers grow to on purpose, 20–480 ms. */
  readonly longestDelayMs: number;
}

export const defaultSound: SoundOptions = { longestDelayMs: 300 };

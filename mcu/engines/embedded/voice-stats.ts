/** How one stream is played, for statistics; lives as long as the stream. */
export interface VoiceStats {
  /** How long sound is held, counted from the least transit of the last seconds; null: nothing is played. */
  playoutDelayMs: number | null;
  /** What the network asks for. */
  targetDelayMs: number;
  /** Sound that was made up. */
  concealedMs: number;
  /** Lost sound that the next packet repeated (in-band FEC). */
  recoveredMs: number;
  /** All that was played, pauses aside. */
  playedMs: number;
  /** Taken out and put in by time stretching. */
  stretchedMs: number;
  accelerations: number;
  expansions: number;
  lost: number;
  lateLost: number;
  duplicates: number;
  discarded: number;
  restarts: number;
}

import type { SrtpCheckpoint } from './types.ts';

/** Twenty seconds of a phone's packets: what an attacker could play again after our process died. */
const packetsPerCheckpoint = 1024;

/** Which of a context's checkpoints are worth telling: of a new stream at once, then each time it has come far. */
export class Checkpoints {
  #told: SrtpCheckpoint | null = { streams: [] };

  /** The checkpoint when it is due; null: it tells nothing new. */
  take(now: SrtpCheckpoint): SrtpCheckpoint | null {
    if (this.#told && !hasComeFar(this.#told, now)) return null;
    this.#told = now;
    return now;
  }

  /** What is known elsewhere already. */
  restore(told: SrtpCheckpoint): void {
    this.#told = told;
  }

  /** Other keys: what was told is worth nothing. */
  clear(): void {
    this.#told = null;
  }
}

function hasComeFar(told: SrtpCheckpoint, now: SrtpCheckpoint): boolean {
  return now.streams.some(({ ssrc, rtpIndex }) => {
    const before = told.streams.find((stream) => stream.ssrc === ssrc);
    if (!before) return true;
    // Under a new key it may have started over.
    return rtpIndex < before.rtpIndex || rtpIndex - before.rtpIndex >= packetsPerCheckpoint;
  });
}

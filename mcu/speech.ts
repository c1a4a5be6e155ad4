/** LiveKit's own limits for whom it calls an active speaker (`audio.active_level`, `audio.min_percentile`). */
const loudDbov = 35;
const leastShare = 0.4;
/** What is told apart of loudness. */
const stepDb = 6;

/** Whether a caller speaks, by the levels of its packets. */
export class Speech {
  #packets = 0;
  #loudPackets = 0;
  #sumDbov = 0;

  /** The level of a packet, as RFC 6464: 0 loud … 127 silent. */
  hear(levelDbov: number): void {
    this.#packets++;
    if (levelDbov > loudDbov) return;
    this.#loudPackets++;
    this.#sumDbov += levelDbov;
  }

  /** How loud the caller has spoken since the last call, as RFC 6464 in steps of 6 dB; null: not, or hardly. */
  take(): number | null {
    const speaks = this.#loudPackets > 0 && this.#loudPackets >= this.#packets * leastShare;
    const level = speaks ? Math.round(this.#sumDbov / this.#loudPackets / stepDb) * stepDb : null;
    this.#packets = this.#loudPackets = this.#sumDbov = 0;
    return level;
  }
}

const maxDropout = 3000;
/** Of sound: two seconds, at 50 packets each. Later ones are of a sequence that began anew (RFC 3550 A.1, MAX_MISORDER). */
const soundMisorder = 100;

/** Reception of one SSRC: extended sequence, loss and jitter (RFC 3550 A.1, A.3, A.8). */
export class SequenceTracker {
  #base = 0;
  #cycles = 0;
  #highest = 0;
  #received = 0;
  #badSequence = -1;
  #expectedPrior = 0;
  #receivedPrior = 0;
  #transit = 0;
  #started = false;
  /** Lost before the last restart of the sequence, so that the total never falls back. */
  #lostBefore = 0;
  readonly #maxMisorder: number;
  /** Interarrival jitter in timestamp units. */
  jitter = 0;

  /** `maxMisorder`: how many packets late one may come. */
  constructor(maxMisorder = soundMisorder) {
    this.#maxMisorder = maxMisorder;
  }

  /** False: far off the sequence; the packet is to be dropped until a second one continues it. */
  update(sequence: number): boolean {
    if (!this.#started) {
      this.#restart(sequence);
      return true;
    }
    const delta = (sequence - this.#highest) & 0xffff;
    if (delta < maxDropout) {
      if (sequence < this.#highest) this.#cycles += 0x10000;
      this.#highest = sequence;
    } else if (delta <= 0x10000 - this.#maxMisorder) {
      // Two in a row: the sender restarted without telling (RFC 3550 A.1).
      if (sequence !== this.#badSequence) {
        this.#badSequence = (sequence + 1) & 0xffff;
        return false;
      }
      // The first of the two, which was dropped, is lost as well.
      this.#lostBefore = this.lost + 1;
      this.#restart(sequence);
      return true;
    }
    this.#received++;
    return true;
  }

  /** `arrival` and `timestamp` in the same units. */
  arrived(arrival: number, timestamp: number): void {
    const transit = (arrival - timestamp) | 0;
    if (this.#received > 1) {
      const d = Math.abs((transit - this.#transit) | 0);
      // A sender that paused and jumped is no jitter.
      if (d < 0x10000) this.jitter += (d - this.jitter) / 16;
    }
    this.#transit = transit;
  }

  /** A new SSRC, or a stream that begins anew. */
  reset(): void {
    this.#lostBefore = this.lost;
    this.#started = false;
    this.#received = 0;
    this.jitter = 0;
  }

  get extendedHighest(): number {
    return (this.#cycles + this.#highest) >>> 0;
  }

  /** Cumulative; negative with duplicates (RFC 3550 §6.4.1). */
  get lost(): number {
    if (!this.#started) return this.#lostBefore;
    return this.#lostBefore + this.extendedHighest - this.#base + 1 - this.#received;
  }

  /** Fraction lost since the last call, in 1/256. */
  takeFractionLost(): number {
    if (!this.#started) return 0;
    const expected = this.extendedHighest - this.#base + 1;
    const expectedInterval = expected - this.#expectedPrior;
    const lostInterval = expectedInterval - (this.#received - this.#receivedPrior);
    this.#expectedPrior = expected;
    this.#receivedPrior = this.#received;
    if (expectedInterval <= 0 || lostInterval <= 0) return 0;
    return Math.min(255, Math.floor((lostInterval * 256) / expectedInterval));
  }

  #restart(sequence: number): void {
    this.#started = true;
    this.#base = this.#highest = sequence;
    this.#cycles = 0;
    this.#received = 1;
    this.#badSequence = -1;
    this.#expectedPrior = this.#receivedPrior = 0;
  }
}

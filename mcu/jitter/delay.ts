/** Buckets of arrival delay; the last one holds everything beyond. */
const bucketMs = 5;
const buckets = 100;
/** What one packet more makes the past count for less: half of it is forgotten in 3.5 s of 20 ms packets. */
const forgetting = 0.996;
/** Share of packets that are to arrive in time. */
const inTime = 0.97;
/** Before anything is known: as if a second of packets had arrived up to 20 ms late. */
const assumedMs = 20;
const assumedPackets = 50;
/** The least transit is looked for in the last one to two of these, so that it follows a drifting clock. */
const baseWindowMs = 5000;
/** A beat of playing takes 20 ms at once: less can't be held at every phase of beat and arrival. */
export const leastDelayMs = 20;
/** How far one packet that came too late raises the delay. */
const lateStepMs = 20;
const shrinkMsPerMs = 0.02;
const largestWeight = 1e9;

/**
 * How long a stream has to be held: the delay within which nearly all packets arrive, counted from the least
 * transit of the last seconds, from a histogram that forgets. Grows at once, shrinks by 20 ms a second.
 */
export class ArrivalDelays {
  readonly #weights = new Float64Array(buckets);
  readonly #longestMs: number;
  #total = 0;
  #weight = 1;
  #least = Infinity;
  #leastBefore = Infinity;
  #windowEndsMs = -Infinity;
  #lastMs = 0;
  #targetMs = leastDelayMs + assumedMs;

  constructor(longestMs: number) {
    this.#longestMs = longestMs;
    this.#total = assumedPackets;
    this.#weights[assumedMs / bucketMs - 1] = assumedPackets;
  }

  /** Delay to play at, 20 ms up to the longest. */
  get targetMs(): number {
    return this.#targetMs;
  }

  /** Arrival minus media time of the packets that travelled fastest; Infinity: none yet. */
  get leastTransitMs(): number {
    return Math.min(this.#least, this.#leastBefore);
  }

  observe(arrivalMs: number, mediaMs: number): void {
    const transit = arrivalMs - mediaMs;
    if (arrivalMs >= this.#windowEndsMs) {
      this.#leastBefore = this.#least;
      this.#least = transit;
      this.#windowEndsMs = arrivalMs + baseWindowMs;
    } else if (transit < this.#least) this.#least = transit;
    this.#count(transit - this.leastTransitMs);
    const wantedMs = Math.min(this.#longestMs, this.#quantile() + leastDelayMs);
    const shrunkMs = this.#targetMs - Math.max(0, arrivalMs - this.#lastMs) * shrinkMsPerMs;
    this.#targetMs = Math.max(wantedMs, Math.min(this.#targetMs, shrunkMs));
    this.#lastMs = arrivalMs;
  }

  /** A packet came after its time: the delay grows before the histogram asks for it. */
  late(arrivalMs: number, mediaMs: number): void {
    const neededMs = arrivalMs - mediaMs - this.leastTransitMs + leastDelayMs;
    const raisedMs = Math.min(neededMs, this.#targetMs + lateStepMs, this.#longestMs);
    this.#targetMs = Math.max(this.#targetMs, raisedMs);
  }

  #count(delayMs: number): void {
    const bucket = Math.min(buckets - 1, Math.floor(delayMs / bucketMs));
    // The newest weighs more instead of all others weighing less.
    this.#weight /= forgetting;
    this.#weights[bucket] += this.#weight;
    this.#total += this.#weight;
    if (this.#weight < largestWeight) return;
    for (let i = 0; i < buckets; i++) this.#weights[i] /= this.#weight;
    this.#total /= this.#weight;
    this.#weight = 1;
  }

  #quantile(): number {
    let beyond = this.#total * (1 - inTime);
    for (let bucket = buckets - 1; bucket > 0; bucket--) {
      beyond -= this.#weights[bucket];
      if (beyond < 0) return (bucket + 1) * bucketMs;
    }
    return 0;
  }
}

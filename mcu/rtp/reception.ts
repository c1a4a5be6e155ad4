import { Arrivals, BurstMeter } from '../quality/burst.ts';
import type { BurstFigures } from '../quality/burst.ts';
import { SequenceTracker } from './sequence.ts';

const longestPacketMs = 120;

/** All that a leg's peer sent: sequence and jitter of the present source, bursts and the worst of the whole call. */
export class ReceptionMeter {
  readonly tracker: SequenceTracker;
  readonly #burst = new BurstMeter();
  readonly #arrivals = new Arrivals(this.#burst);
  #sequence = -1;
  #timestamp = 0;
  /** The present source; −1: nothing came yet. */
  ssrc = -1;
  jitterMaxMs = 0;
  /** What the peer puts into a packet. */
  packetMs = 20;

  /** `maxMisorder`: how many packets late one may come; default: as for sound. */
  constructor(maxMisorder?: number) {
    this.tracker = new SequenceTracker(maxMisorder);
  }

  /** False: far off the sequence; the packet is to be dropped. */
  update(sequence: number): boolean {
    if (!this.tracker.update(sequence)) return false;
    this.#arrivals.arrived(sequence);
    return true;
  }

  /** An audio packet, after its `update`. */
  arrived(nowMs: number, sequence: number, timestamp: number, clockPerMs: number): void {
    this.tracker.arrived(nowMs * clockPerMs, timestamp);
    const jitterMs = this.tracker.jitter / clockPerMs;
    if (jitterMs > this.jitterMaxMs) this.jitterMaxMs = jitterMs;
    if (sequence === ((this.#sequence + 1) & 0xffff)) {
      const stepMs = ((timestamp - this.#timestamp) | 0) / clockPerMs;
      if (stepMs > 0 && stepMs <= longestPacketMs) this.packetMs = stepMs;
    }
    this.#sequence = sequence;
    this.#timestamp = timestamp;
  }

  /** A new source. */
  reset(ssrc: number): void {
    this.ssrc = ssrc;
    this.tracker.reset();
    this.#arrivals.reset();
    this.#sequence = -1;
  }

  burst(): BurstFigures | null {
    return this.#burst.figures(this.packetMs);
  }
}

import { timestampDelta } from '../rtp/packet.ts';

const keys = '0123456789*#ABCD';
/** An event older than this on the timestamp circle is no late packet but a stream that began anew (10 s). */
const longestLate = 80_000;
/** A device that moves the timestamp in each packet of one press stays within this of it (50 ms). */
const wanderingStep = 400;
/** Faster than any dialler: further presses are dropped and counted. */
const burst = 32;
const pressesPerSecond = 15;

/**
 * Telephone events (RFC 4733), each key press once. A press is told by its timestamp (§2.5.1.3), at its first
 * packet, so neither lost ends nor the three ends (§2.5.1.4) matter. Presses longer than 65535 units go on in
 * segments with new timestamps (§2.5.1.3). The volume says how loud to play the tone, not whether it counts.
 */
export class DigitDetector {
  readonly #now: () => number;
  #known = false;
  #event = -1;
  #timestamp = 0;
  #duration = 0;
  #ended = true;
  #tokens = burst;
  #refilledMs: number;
  /** Presses over the limit. */
  floods = 0;
  /** Payloads that are no event. */
  malformed = 0;

  constructor(now: () => number) {
    this.#now = now;
    this.#refilledMs = now();
  }

  /** The key, when this packet begins a press that was not reported; else null. */
  take(packet: Buffer, start: number, end: number, timestamp: number, marker: boolean): string | null {
    if (end - start < 4) {
      this.malformed++;
      return null;
    }
    const event = packet[start];
    const isEnd = packet[start + 1] >= 0x80;
    const duration = packet.readUInt16BE(start + 2);
    const step = this.#known ? timestampDelta(timestamp, this.#timestamp) : 1;
    if (this.#known && step === 0 && event === this.#event) {
      this.#ended ||= isEnd;
      this.#duration = Math.max(this.#duration, duration);
      return null;
    }
    if (this.#known && step < 0 && step > -longestLate) return null;
    const continues =
      this.#known &&
      event === this.#event &&
      !this.#ended &&
      !marker &&
      step > 0 &&
      step <= this.#duration + wanderingStep;
    this.#known = true;
    this.#event = event;
    this.#timestamp = timestamp;
    this.#duration = duration;
    this.#ended = isEnd;
    if (continues || event >= keys.length) return null;
    if (!this.#allow()) {
      this.floods++;
      return null;
    }
    return keys[event];
  }

  /** A new SSRC: timestamps begin anew. */
  reset(): void {
    this.#known = false;
  }

  #allow(): boolean {
    const nowMs = this.#now();
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#refilledMs) * pressesPerSecond) / 1000);
    this.#refilledMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}

/**
 * When a device took in what it sends, for lip sync: its sender reports tie each stream's timestamps to one clock of its
 * own (RFC 3550 §6.4.1), and that clock is laid on ours by what arrives. So a picture that was encoded for 150 ms before
 * it was sent is known to belong to the sound that came 150 ms earlier.
 */
import { timestampDelta } from './packet.ts';

/** The fastest of so much time shows what the network needs at least, and still follows two clocks that drift apart. */
const windowMs = 10_000;
/** A device whose one stream is later than the other by more has different clocks for them, or none. */
const mostApartMs = 1500;
/** A report that moves a stream by more tells of a clock that was set: what was measured by the old one is void. */
const clockStepMs = 50;

/** One device's clock on ours: all streams of a leg have it in common (RFC 3550 §6.5.1). */
export class DeviceClock {
  readonly #streams: CaptureClock[] = [];

  /** Another stream of the device. Wall ms stand for our clock everywhere here. */
  stream(): CaptureClock {
    const stream = new CaptureClock(this);
    this.#streams.push(stream);
    return stream;
  }

  /** What is added to the device's time, in ms; null: not every stream has told of it, or what they tell doesn't agree. */
  get offsetMs(): number | null {
    let [least, most] = [Infinity, -Infinity];
    for (const { transitMs } of this.#streams) {
      least = Math.min(least, transitMs);
      most = Math.max(most, transitMs);
    }
    return most - least <= mostApartMs ? least : null;
  }
}

/** One stream on its device's clock. Until all are known to be on one, what has just arrived counts as just taken in. */
export class CaptureClock {
  readonly #device: DeviceClock;
  #clockPerMs = 1;
  #ssrc = -1;
  /** The latest report: the timestamp, and the device's time that belongs to it; NaN: there was none yet. */
  #timestamp = 0;
  #deviceMs = NaN;
  /** The least of this window and of the one before it. */
  #least = Infinity;
  #leastBefore = Infinity;
  #windowEndMs = -Infinity;

  constructor(device: DeviceClock) {
    this.#device = device;
  }

  /** Another source, or another clock: what was reported before says nothing of it. */
  restart(ssrc: number, clockPerMs: number): void {
    this.#ssrc = ssrc;
    this.#clockPerMs = clockPerMs;
    this.#deviceMs = NaN;
    this.#forget();
  }

  /** A sender report: `ntpMs`, in any epoch, belongs to `timestamp`. */
  reported(ssrc: number, ntpMs: number, timestamp: number): void {
    if (ssrc !== this.#ssrc) return;
    if (Math.abs(ntpMs - this.#deviceTime(timestamp)) > clockStepMs) this.#forget();
    this.#deviceMs = ntpMs;
    this.#timestamp = timestamp;
  }

  /** How much later than by the device's own time its packets arrive, at least, in ms; Infinity: not known. */
  get transitMs(): number {
    return Math.min(this.#least, this.#leastBefore);
  }

  /** When what a packet carries was taken in, on our clock; to be called with every packet, when it arrives. */
  capturedMs(timestamp: number, nowMs: number): number {
    const deviceMs = this.#deviceTime(timestamp);
    if (Number.isNaN(deviceMs)) return nowMs;
    if (nowMs >= this.#windowEndMs) {
      this.#leastBefore = this.#least;
      this.#least = Infinity;
      this.#windowEndMs = nowMs + windowMs;
    }
    this.#least = Math.min(this.#least, nowMs - deviceMs);
    const { offsetMs } = this.#device;
    return offsetMs === null ? nowMs : deviceMs + offsetMs;
  }

  /** When what arrived at `arrivalMs` was taken in: for what an engine has made of it since. */
  capturedOf(arrivalMs: number): number {
    const { offsetMs } = this.#device;
    return offsetMs === null ? arrivalMs : arrivalMs - (this.transitMs - offsetMs);
  }

  #deviceTime(timestamp: number): number {
    return this.#deviceMs + timestampDelta(timestamp, this.#timestamp) / this.#clockPerMs;
  }

  #forget(): void {
    this.#least = this.#leastBefore = Infinity;
    this.#windowEndMs = -Infinity;
  }
}

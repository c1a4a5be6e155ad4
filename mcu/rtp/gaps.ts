/** Which packets of a video stream are missing, and when to ask their sender for them again (RFC 4585 §6.2.1). */
import { REPAIR_MS } from '../video/frame-assembler.ts';
import { sequenceDelta } from './packet.ts';

/** LiveKit doesn't answer within 100 ms of the first sending, until it knows our round trip: two asks were too few. */
const MOST_ASKS = 4;
/** More is no loss that is worth repairing: the next key frame is there sooner. */
const MOST_MISSING = 128;
/** Two packets further behind than any is waited for are of a sequence that begins anew (RFC 3550 A.1). */
const LATEST = { behind: 512, inARow: 2 };
/** So are so many that are behind by less, and were not missing. */
const LATE_IN_A_ROW = 64;
const ROUND_TRIP_MS = { first: 40, least: 10, most: 90 };

interface Missing {
  readonly sequence: number;
  /** When it was asked for first. */
  sinceMs: number;
  asks: number;
  askedAtMs: number;
}

/** Has no timer: the packets of a stream that lives come often enough to look at the clock. */
export class Gaps {
  #highest = -1;
  #missing: Missing[] = [];
  /** Packets in a row that were behind and not missing. */
  #late = 0;
  /** How long the sender takes for an answer. */
  #roundTripMs = ROUND_TRIP_MS.first;

  /** Counts a packet of the stream, sent again or not. */
  arrived(sequence: number, nowMs: number): void {
    const ahead = this.#highest < 0 ? 1 : sequenceDelta(sequence, this.#highest);
    if (ahead <= 0) {
      if (this.#found(sequence, nowMs)) this.#late = 0;
      else this.#unexpected(sequence, -ahead);
      return;
    }
    if (ahead > 1) this.#lost(this.#highest, ahead - 1);
    this.#highest = sequence;
    this.#late = 0;
  }

  /** A packet that was here already, unless its sender has begun anew: else nothing would be missing for long. */
  #unexpected(sequence: number, behind: number): void {
    this.#late += 1;
    if (this.#late < (behind > LATEST.behind ? LATEST.inARow : LATE_IN_A_ROW)) return;
    this.#missing = [];
    this.#highest = sequence;
    this.#late = 0;
  }

  #lost(after: number, count: number): void {
    if (count + this.#missing.length > MOST_MISSING) {
      this.#missing = [];
      return;
    }
    for (let i = 1; i <= count; i++)
      this.#missing.push({ sequence: (after + i) & 0xffff, sinceMs: 0, asks: 0, askedAtMs: 0 });
  }

  /** False: it wasn't missing. */
  #found(sequence: number, nowMs: number): boolean {
    if (this.#missing.length === 0) return false;
    const at = this.#missing.findIndex((one) => one.sequence === sequence);
    if (at < 0) return false;
    const [{ asks, askedAtMs }] = this.#missing.splice(at, 1);
    // Of two questions nobody knows which one was answered.
    if (asks === 1) this.#roundTripMs += (nowMs - askedAtMs - this.#roundTripMs) / 8;
    return true;
  }

  /** Whether anything is missing that may still be asked for. */
  get missing(): boolean {
    return this.#missing.length > 0;
  }

  /** The sequence numbers to ask for now, in order; null: none. Each is given a few times, as long as it is waited for. */
  due(nowMs: number): number[] | null {
    if (this.#missing.length === 0) return null;
    const { least, most } = ROUND_TRIP_MS;
    const patienceMs = 1.5 * Math.min(most, Math.max(least, this.#roundTripMs));
    const due: number[] = [];
    this.#missing = this.#missing.filter((one) => {
      if (one.asks > 0 && nowMs - one.askedAtMs < patienceMs) return true;
      if (one.asks === 0) one.sinceMs = nowMs;
      // Its answer would come when nobody waits any more.
      if (one.asks === MOST_ASKS || nowMs - one.sinceMs > REPAIR_MS - least) return false;
      one.asks += 1;
      one.askedAtMs = nowMs;
      due.push(one.sequence);
      return true;
    });
    return due.length === 0 ? null : due;
  }
}

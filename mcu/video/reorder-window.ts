import { sequenceDelta } from '../rtp/packet.ts';

export interface ReorderLimits {
  /** How long a missing packet is waited for once a later one is here, in ms. */
  readonly waitMs: number;
  /** How far ahead of a missing packet others are kept: a power of two. */
  readonly packets: number;
  /** How many bytes are kept at most. */
  readonly bytes: number;
}

/** A sender whose packets all look this late has begun its sequence anew. */
const lateInARow = 64;
/** MAX_DROPOUT of RFC 3550 A.1: more is no loss, but another sequence. */
const longestDropout = 3000;

/**
 * Puts the packets of one stream in order, around the wrap of their sequence (RFC 3550 §5.1). A packet that comes in
 * order goes on at once. It knows no time but what it is told.
 */
export class ReorderWindow {
  readonly #limits: ReorderLimits;
  readonly #release: (packet: Buffer) => void;
  readonly #gap: () => void;
  readonly #slots: (Buffer | null)[];
  readonly #arrivalMs: Float64Array;
  #started = false;
  /** The sequence number that goes on next. */
  #next = 0;
  #held = 0;
  #heldBytes = 0;
  /** When the wait for `#next` ends. */
  #dueMs = Infinity;
  #lateRun = 0;
  /** One far off the sequence, which the next one may prove right (RFC 3550 A.1). */
  #wild: Buffer | null = null;
  #wildSequence = 0;
  lost = 0;

  /**
   * @param release Gets every packet, in order.
   * @param gap Packets are missing between the last one and the next one.
   */
  constructor(limits: ReorderLimits, release: (packet: Buffer) => void, gap: () => void) {
    this.#limits = limits;
    this.#release = release;
    this.#gap = gap;
    this.#slots = Array.from({ length: limits.packets }, () => null);
    this.#arrivalMs = new Float64Array(limits.packets);
  }

  /** Takes the packet over. `sequence` is what stands in it. */
  write(sequence: number, packet: Buffer, nowMs: number): void {
    if (!this.#started) this.#begin(sequence);
    const ahead = sequenceDelta(sequence, this.#next);
    if (ahead < -this.#limits.packets || ahead >= this.#limits.packets) this.#far(sequence, packet);
    else if (ahead < 0) this.#late(sequence, packet);
    else if (ahead === 0) this.#inOrder(packet);
    else this.#hold(sequence, packet, nowMs);
    this.advance(nowMs);
  }

  /** Time has passed: what was waited for long enough is given up. */
  advance(nowMs: number): void {
    while (this.#held > 0 && (nowMs >= this.#dueMs || this.#heldBytes > this.#limits.bytes)) this.#giveUp();
  }

  /** Another stream begins; what is held of the old one is dropped. */
  restart(): void {
    this.#started = false;
    this.#slots.fill(null);
    this.#held = this.#heldBytes = this.#lateRun = 0;
    this.#dueMs = Infinity;
    this.#wild = null;
  }

  #begin(sequence: number): void {
    this.#started = true;
    this.#next = sequence;
  }

  #inOrder(packet: Buffer): void {
    this.#lateRun = 0;
    this.#next = (this.#next + 1) & 0xffff;
    this.#release(packet);
    if (this.#held > 0) this.#drain();
  }

  #hold(sequence: number, packet: Buffer, nowMs: number): void {
    const slot = sequence % this.#limits.packets;
    if (this.#slots[slot] !== null) return;
    this.#lateRun = 0;
    this.#slots[slot] = packet;
    this.#arrivalMs[slot] = nowMs;
    this.#held += 1;
    this.#heldBytes += packet.length;
    this.#dueMs = Math.min(this.#dueMs, nowMs + this.#limits.waitMs);
  }

  #late(sequence: number, packet: Buffer): void {
    this.#lateRun += 1;
    if (this.#lateRun >= lateInARow) this.#resume(sequence, packet);
  }

  #far(sequence: number, packet: Buffer): void {
    if (this.#wild === null || sequence !== ((this.#wildSequence + 1) & 0xffff)) {
      this.#wild = packet;
      this.#wildSequence = sequence;
      return;
    }
    const first = this.#wild;
    this.#resume(this.#wildSequence, first);
    this.#inOrder(packet);
  }

  /** The stream goes on elsewhere: nobody knows what is between. */
  #resume(sequence: number, packet: Buffer): void {
    while (this.#held > 0) this.#giveUp();
    this.#wild = null;
    const skipped = sequenceDelta(sequence, this.#next);
    if (skipped > 0 && skipped < longestDropout) this.lost += skipped;
    this.#gap();
    this.#next = sequence;
    this.#inOrder(packet);
  }

  #giveUp(): void {
    let missing = 0;
    while (this.#slots[(this.#next + missing) % this.#limits.packets] === null) missing += 1;
    this.lost += missing;
    this.#next = (this.#next + missing) & 0xffff;
    if (missing > 0) this.#gap();
    this.#drain();
  }

  /** What was held and is in order now goes on. */
  #drain(): void {
    for (;;) {
      const slot = this.#next % this.#limits.packets;
      const packet = this.#slots[slot];
      if (packet === null) break;
      this.#slots[slot] = null;
      this.#held -= 1;
      this.#heldBytes -= packet.length;
      this.#next = (this.#next + 1) & 0xffff;
      this.#release(packet);
    }
    this.#dueMs = this.#held === 0 ? Infinity : this.#oldestHeldMs() + this.#limits.waitMs;
  }

  /** When the first packet after a gap came, or an earlier one: waits don't add up. */
  #oldestHeldMs(): number {
    let oldest = Infinity;
    for (let slot = 0; slot < this.#slots.length; slot++)
      if (this.#slots[slot] !== null) oldest = Math.min(oldest, this.#arrivalMs[slot]);
    return oldest;
  }
}

import { sequenceDelta } from '../rtp/packet.ts';

const slots = 64;
const mask = slots - 1;

/** `take` found the next packet missing: conceal one packet's time. */
export const lost = -1;
/** `take` has nothing to play: silence. */
export const empty = -2;

const firstTargetMs = 40;
const longestTargetMs = 160;
/** A late packet makes the target grow by this; a quiet while makes it shrink by it. */
const targetStepMs = 10;
/** Takes without a late packet until the target shrinks. */
const calmTakes = 500;
/** Takes over which the least depth is observed before one packet is given up. */
const depthTakes = 100;
/** Underruns in a row that are concealed before the stream counts as paused. */
const longestConcealment = 3;

/**
 * Puts one stream's packets in order and holds them just long enough. Takes happen once per packet time. The
 * delay grows with late packets and shrinks when more lies here than it needs. Packets are kept by reference.
 */
export class JitterBuffer {
  readonly #packets: (Buffer | null)[] = new Array<Buffer | null>(slots).fill(null);
  readonly #sequences = new Uint16Array(slots);
  readonly #starts = new Uint16Array(slots);
  readonly #ends = new Uint16Array(slots);
  #count = 0;
  #next = 0;
  #playing = false;
  #known = false;
  #waitedMs = 0;
  #underruns = 0;
  #expand = false;
  #calm = 0;
  #takes = 0;
  #leastDepth = slots;
  #strays = 0;
  #targetMs = firstTargetMs;
  /** What the last packets carried; told by the decoder. */
  packetMs = 20;
  lateCount = 0;
  lostCount = 0;

  get targetMs(): number {
    return this.#targetMs;
  }
  get depth(): number {
    return this.#count;
  }

  put(packet: Buffer, start: number, end: number, sequence: number): void {
    if (!this.#known) this.#begin(sequence);
    let ahead = sequenceDelta(sequence, this.#next);
    if (!this.#playing && ahead < 0 && ahead > -slots / 2) {
      // Before playing starts, an older packet simply becomes the first.
      if (this.#fits(sequence)) {
        this.#next = sequence;
        ahead = 0;
      }
    }
    if (ahead >= slots || ahead <= -slots) {
      // Far off: a stray packet, or (the second time) a sender that began anew.
      if (++this.#strays < 2) return;
      this.#begin(sequence);
      ahead = 0;
    }
    this.#strays = 0;
    if (ahead < 0) {
      this.#late();
      return;
    }
    const slot = sequence & mask;
    if (this.#packets[slot] !== null) return;
    this.#packets[slot] = packet;
    this.#sequences[slot] = sequence;
    this.#starts[slot] = start;
    this.#ends[slot] = end;
    this.#count++;
  }

  /** A slot to read, `lost` or `empty`. The slot is valid until the next `put`. */
  take(): number {
    if (!this.#playing && !this.#mayStart()) return empty;
    this.#age();
    const slot = this.#next & mask;
    if (this.#expand) {
      this.#expand = false;
      return lost;
    }
    if (this.#packets[slot] !== null) {
      this.#next = (this.#next + 1) & 0xffff;
      this.#count--;
      this.#underruns = 0;
      return slot;
    }
    if (this.#count > 0) {
      this.#next = (this.#next + 1) & 0xffff;
      this.lostCount++;
      return lost;
    }
    if (++this.#underruns <= longestConcealment) return lost;
    this.#playing = false;
    this.#waitedMs = 0;
    return empty;
  }

  /** The packet of a slot that `take` returned; the buffer lets go of it. */
  release(slot: number): Buffer {
    const packet = this.#packets[slot] as Buffer;
    this.#packets[slot] = null;
    return packet;
  }

  startOf(slot: number): number {
    return this.#starts[slot];
  }

  endOf(slot: number): number {
    return this.#ends[slot];
  }

  #mayStart(): boolean {
    if (this.#count === 0) return false;
    this.#waitedMs += this.packetMs;
    if (this.#count * this.packetMs < this.#targetMs && this.#waitedMs <= this.#targetMs) return false;
    while (this.#packets[this.#next & mask] === null) this.#next = (this.#next + 1) & 0xffff;
    this.#playing = true;
    this.#underruns = 0;
    this.#takes = 0;
    this.#leastDepth = slots;
    return true;
  }

  /** Whether all that is held still fits when playing starts at this sequence. */
  #fits(sequence: number): boolean {
    for (let slot = 0; slot < slots; slot++) {
      if (this.#packets[slot] !== null && sequenceDelta(this.#sequences[slot], sequence) >= slots)
        return false;
    }
    return true;
  }

  #begin(sequence: number): void {
    this.#packets.fill(null);
    this.#count = 0;
    this.#next = sequence;
    this.#known = true;
    this.#playing = false;
    this.#waitedMs = 0;
    this.#expand = false;
  }

  #late(): void {
    this.lateCount++;
    this.#calm = 0;
    if (!this.#playing || this.#targetMs >= longestTargetMs) return;
    this.#targetMs += targetStepMs;
    this.#expand = true;
  }

  /** Gives up one packet when even the least depth of a while was more than the target; calms the target down. */
  #age(): void {
    if (++this.#calm >= calmTakes) {
      this.#calm = 0;
      this.#targetMs = Math.max(firstTargetMs, this.#targetMs - targetStepMs);
    }
    this.#leastDepth = Math.min(this.#leastDepth, this.#count);
    if (++this.#takes < depthTakes) return;
    if (this.#leastDepth * this.packetMs > this.#targetMs + this.packetMs) this.#dropOne();
    this.#takes = 0;
    this.#leastDepth = slots;
  }

  #dropOne(): void {
    const slot = this.#next & mask;
    if (this.#packets[slot] !== null) {
      this.#packets[slot] = null;
      this.#count--;
    }
    this.#next = (this.#next + 1) & 0xffff;
  }
}

import type { RtpView } from '../rtp/packet.ts';
import { sequenceDelta, timestampDelta } from '../rtp/packet.ts';
import { ArrivalDelays } from './delay.ts';

const slots = 128;
const mask = slots - 1;
/** Timestamps that ran ahead of arrival by more than this between neighbours are no pause but a jump. */
const longestLeadMs = 100;
/** … and timestamps that stood still for longer than this are a sender's that stops its clock in pauses. */
const longestStandstillMs = 300;
/** Transit that changes by more than this over a loss is another clock. */
const longestTransitChangeMs = 1000;
const longestReorderMs = 2000;
/** Timestamps are no more exact than this. */
const seamMs = 2;

const free = 0;
const held = 1;
const played = 2;

/** What became of packets, for statistics. */
export interface JitterCounts {
  /** Never came, or too late. */
  lost: number;
  /** Came after their time. */
  lateLost: number;
  duplicates: number;
  /** Given up by us: strays, and what lay here when the delay had grown too long. */
  discarded: number;
  /** Times the sender began anew or its timestamps jumped. */
  restarts: number;
}

/**
 * One stream's packets in order, on one timeline in ms: timestamps that jump and sequences that begin anew are
 * joined to what was before: a seam. Packets are kept by reference; nothing is allocated per packet.
 */
export class JitterBuffer {
  readonly delays: ArrivalDelays;
  readonly counts: JitterCounts = { lost: 0, lateLost: 0, duplicates: 0, discarded: 0, restarts: 0 };
  /** What the last packets carried; told by whoever decodes them. */
  packetMs = 20;
  readonly #clockHz: number;
  readonly #packets: (Buffer | null)[] = new Array<Buffer | null>(slots).fill(null);
  readonly #states = new Uint8Array(slots);
  readonly #sequences = new Uint16Array(slots);
  readonly #starts = new Uint16Array(slots);
  readonly #ends = new Uint16Array(slots);
  readonly #mediaMs = new Float64Array(slots);
  readonly #arrivalMs = new Float64Array(slots);
  readonly #timestamps = new Uint32Array(slots);
  readonly #markers = new Uint8Array(slots);
  #count = 0;
  /** In our own numbers, which go on when the sender's begin anew. */
  #next = 0;
  #highest = 0;
  #offset = 0;
  #known = false;
  #taken = false;
  /** Of the packet taken last. */
  #takenTimestamp = 0;
  #takenMediaMs = 0;
  /** The next packet in order starts the timeline or goes on with it, whatever its timestamp. */
  #fresh = false;
  /** Timestamp and media time of the packet that arrived last in order. */
  #timestamp = 0;
  #newestMediaMs = 0;
  #newestArrivalMs = 0;
  /** A packet far off the sequence, kept until a second one shows whether the sender began anew. */
  #stray: Buffer | null = null;
  readonly #strayView: RtpView = { ...emptyView };
  #strayArrivalMs = 0;

  /** `clockHz`: of the RTP timestamps; `longestMs`: the delay that is never exceeded on purpose. */
  constructor(clockHz: number, longestMs: number) {
    this.#clockHz = clockHz;
    this.delays = new ArrivalDelays(longestMs);
  }

  get count(): number {
    return this.#count;
  }

  put(packet: Buffer, view: RtpView, arrivalMs: number): void {
    if (!this.#known) this.#begin(view, arrivalMs);
    const sequence = (view.sequence + this.#offset) & 0xffff;
    const step = sequenceDelta(sequence, this.#highest);
    if (step > slots - this.#span() || step <= -slots) {
      this.#strayed(packet, view, arrivalMs);
      return;
    }
    this.#stray = null;
    this.#place(packet, view, sequence, arrivalMs);
  }

  /** The slot of the earliest packet; −1: nothing is here. Valid until the next `put`. */
  first(): number {
    if (this.#count === 0) return -1;
    let sequence = this.#next;
    while (this.#states[sequence & mask] !== held) sequence = (sequence + 1) & 0xffff;
    return sequence & mask;
  }

  /** How many packets are missing before a slot that `first` gave. */
  missingBefore(slot: number): number {
    return sequenceDelta(this.#sequences[slot], this.#next);
  }

  mediaMs(slot: number): number {
    return this.#mediaMs[slot];
  }

  arrivalMs(slot: number): number {
    return this.#arrivalMs[slot];
  }

  /**
   * Whether the slot's place on the timeline is not the one that its timestamp gives it after the packet taken last:
   * what is in it doesn't go on from there. Judged by that pair, as what lies between may have come in any order.
   */
  isSeam(slot: number): boolean {
    const stepMs = (timestampDelta(this.#timestamps[slot], this.#takenTimestamp) * 1000) / this.#clockHz;
    return this.#taken && Math.abs(this.#mediaMs[slot] - this.#takenMediaMs - stepMs) > seamMs;
  }

  /** RTP's marker bit: a talkspurt begins (RFC 3551 §4.1). */
  isMarked(slot: number): boolean {
    return this.#markers[slot] !== 0;
  }

  startOf(slot: number): number {
    return this.#starts[slot];
  }

  endOf(slot: number): number {
    return this.#ends[slot];
  }

  /** The packet of a slot that `first` gave, which stays where it is. */
  at(slot: number): Buffer {
    return this.#packets[slot] as Buffer;
  }

  /** What is missing before a slot that `first` gave is not waited for any more. */
  passOver(slot: number): void {
    this.counts.lost += this.missingBefore(slot);
    this.#next = this.#sequences[slot];
    this.#taken = true;
  }

  /** The packet of a slot that `first` gave; the buffer lets go of it, and of all that should have come before. */
  take(slot: number): Buffer {
    const packet = this.at(slot);
    this.#takenTimestamp = this.#timestamps[slot];
    this.#takenMediaMs = this.#mediaMs[slot];
    this.#letGo(slot);
    return packet;
  }

  /** Gives the earliest packet up. */
  discard(slot: number): void {
    this.#letGo(slot);
    this.counts.discarded++;
  }

  #letGo(slot: number): void {
    this.passOver(slot);
    this.#packets[slot] = null;
    this.#states[slot] = played;
    this.#count--;
    this.#next = (this.#sequences[slot] + 1) & 0xffff;
  }

  #span(): number {
    return Math.max(0, sequenceDelta(this.#highest, this.#next) + 1);
  }

  #begin(view: RtpView, arrivalMs: number): void {
    this.#known = true;
    this.#offset = -view.sequence;
    this.#next = 0;
    this.#highest = 0xffff;
    this.#fresh = true;
    this.#newestMediaMs = 0;
    this.#newestArrivalMs = arrivalMs;
  }

  /** Far off: dropped, or (when the next one continues it) a sender that began anew, joined to what is here. */
  #strayed(packet: Buffer, view: RtpView, arrivalMs: number): void {
    const first = this.#stray;
    const near = Math.abs(sequenceDelta(view.sequence, this.#strayView.sequence)) < slots / 2;
    if (!first || !near) {
      if (first) this.counts.discarded++;
      this.#stray = packet;
      Object.assign(this.#strayView, view);
      this.#strayArrivalMs = arrivalMs;
      return;
    }
    this.#stray = null;
    this.counts.restarts++;
    if (this.#span() > slots / 2) this.#clear();
    this.#offset = (this.#highest + 1 - this.#strayView.sequence) & 0xffff;
    this.#fresh = true;
    // As if the new stream had travelled as fast as the fastest of the last.
    this.#newestMediaMs = this.#strayArrivalMs - this.delays.leastTransitMs;
    this.#newestArrivalMs = this.#strayArrivalMs;
    this.#place(first, this.#strayView, (this.#strayView.sequence + this.#offset) & 0xffff, arrivalMs);
    this.#place(packet, view, (view.sequence + this.#offset) & 0xffff, arrivalMs);
  }

  #clear(): void {
    this.counts.discarded += this.#count;
    this.#packets.fill(null);
    this.#states.fill(free);
    this.#count = 0;
    this.#next = (this.#highest + 1) & 0xffff;
  }

  #place(packet: Buffer, view: RtpView, sequence: number, arrivalMs: number): void {
    const slot = sequence & mask;
    if (this.#states[slot] !== free && this.#sequences[slot] === sequence) {
      this.counts.duplicates++;
      return;
    }
    const mediaMs = this.#timeOf(view, sequence, arrivalMs);
    let ahead = sequenceDelta(sequence, this.#next);
    if (ahead < 0 && !this.#taken && this.#span() - ahead <= slots) {
      // Before playing starts, an older packet simply becomes the first.
      this.#next = sequence;
      ahead = 0;
    }
    this.delays.observe(arrivalMs, mediaMs);
    if (ahead < 0) {
      this.counts.lateLost++;
      this.delays.late(arrivalMs, mediaMs);
      return;
    }
    this.#packets[slot] = packet;
    this.#states[slot] = held;
    this.#sequences[slot] = sequence;
    this.#starts[slot] = view.payloadStart;
    this.#ends[slot] = view.payloadEnd;
    this.#mediaMs[slot] = mediaMs;
    this.#arrivalMs[slot] = arrivalMs;
    this.#markers[slot] = view.marker ? 1 : 0;
    this.#timestamps[slot] = view.timestamp;
    this.#count++;
  }

  /** The packet's place on the timeline. */
  #timeOf(view: RtpView, sequence: number, arrivalMs: number): number {
    const step = sequenceDelta(sequence, this.#highest);
    const stepMs = (timestampDelta(view.timestamp, this.#timestamp) * 1000) / this.#clockHz;
    if (step <= 0) {
      // From before a jump: its timestamp says nothing here.
      const foreign = stepMs > 0 || stepMs < -longestReorderMs;
      return this.#newestMediaMs + (foreign ? step * this.packetMs : stepMs);
    }
    const elapsedMs = arrivalMs - this.#newestArrivalMs;
    if (this.#fresh) this.#fresh = false;
    else if (this.#isJump(step, stepMs, elapsedMs)) {
      // A clock that stood still is taken up where it would be; one that ran ahead goes on from here.
      this.#newestMediaMs += Math.max(step * this.packetMs, stepMs < elapsedMs ? elapsedMs : 0);
      this.counts.restarts++;
    } else this.#newestMediaMs += stepMs;
    this.#highest = sequence;
    this.#timestamp = view.timestamp;
    this.#newestArrivalMs = arrivalMs;
    return this.#newestMediaMs;
  }

  #isJump(step: number, stepMs: number, elapsedMs: number): boolean {
    const leadMs = stepMs - elapsedMs;
    if (step === 1) return stepMs <= 0 || leadMs > longestLeadMs || leadMs < -longestStandstillMs;
    return Math.abs(leadMs) > longestTransitChangeMs + step * this.packetMs;
  }
}

const emptyView: RtpView = {
  payloadType: 0,
  marker: false,
  sequence: 0,
  timestamp: 0,
  ssrc: 0,
  payloadStart: 0,
  payloadEnd: 0,
};

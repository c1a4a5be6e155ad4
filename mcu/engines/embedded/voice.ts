import type { AudioDecoder } from '../../codecs/codec.ts';
import { JitterBuffer } from '../../jitter/buffer.ts';
import { Concealment } from '../../jitter/concealment.ts';
import { Stretch } from '../../jitter/stretch.ts';
import type { RtpView } from '../../rtp/packet.ts';

/** Opus packets carry up to 120 ms (RFC 6716 §2.1.4), G.711 ones rarely more than 60. */
const longestPacketMs = 120;
/** Sound that was said or will be: enough to repeat, to stretch, and for a longest packet on top. */
const queueMs = 2 * longestPacketMs + 60;
/** Underruns are concealed for this long; then the stream counts as paused. */
const longestConcealmentMs = 120;
/** The delay may be off by this much before anything is done: below, above. */
const tooShortMs = 1;
const tooLongMs = 12;
/** Off by this much it is corrected at every chance, and rather heard than left. */
const urgentMs = 60;
/** Otherwise one period in so many frames. */
const calmFrames = 4;
/** More than this beyond the wanted delay isn't worked off but given up. */
const hopelessMs = 400;
/** Cross-fade from what was made up to what came. */
const seamMs = 8;
/** Timestamps are no more exact than this. */
const toleranceMs = 2;

/** How one stream is played, for statistics; lives as long as the stream. */
export interface VoiceStats {
  /** How long sound is held, counted from the least transit of the last seconds; null: nothing is played. */
  playoutDelayMs: number | null;
  /** What the network asks for. */
  targetDelayMs: number;
  /** Sound that was made up. */
  concealedMs: number;
  /** All that was played, pauses aside. */
  playedMs: number;
  /** Taken out and put in by time stretching. */
  stretchedMs: number;
  accelerations: number;
  expansions: number;
  lost: number;
  lateLost: number;
  duplicates: number;
  discarded: number;
  restarts: number;
}

export interface VoiceOptions {
  readonly decoder: Pick<AudioDecoder, 'decode'>;
  /** Of the samples that the decoder gives. */
  readonly rateHz: number;
  /** Of the packets' RTP timestamps. */
  readonly clockHz: number;
  readonly longestDelayMs: number;
}

/**
 * One stream from packets to frames: jitter buffer, decoder, loss concealment, and time stretching that keeps the
 * delay where the network needs it and follows the sender's clock. Knows no time but what it is told.
 */
export class Voice {
  readonly #jitter: JitterBuffer;
  readonly #decoder: Pick<AudioDecoder, 'decode'>;
  readonly #concealment: Concealment;
  readonly #stretch: Stretch;
  readonly #perMs: number;
  /** History, then what is decoded and not played: `#from` … `#to`. */
  readonly #samples: Int16Array;
  readonly #history: number;
  #from: number;
  #to: number;
  #listening = true;
  /** What comes next doesn't go on where the last packet ended, as it wasn't decoded. */
  #turned = false;
  /** Media time at `#to`. */
  #endMs = -Infinity;
  #playing = false;
  /** Made-up sound since the last packet. */
  #madeUpMs = 0;
  #madeUp = false;
  #sinceStretch = 0;
  #concealedMs = 0;
  #playedMs = 0;
  #delayMs = 0;
  #stretched = 0;
  #accelerations = 0;
  #expansions = 0;

  constructor({ decoder, rateHz, clockHz, longestDelayMs }: VoiceOptions) {
    this.#jitter = new JitterBuffer(clockHz, longestDelayMs);
    this.#decoder = decoder;
    this.#concealment = new Concealment(rateHz);
    this.#stretch = new Stretch(rateHz);
    this.#perMs = rateHz / 1000;
    this.#history = this.#concealment.historySamples;
    this.#samples = new Int16Array(this.#history + rateHz * (queueMs / 1000));
    this.#from = this.#to = this.#history;
  }

  put(packet: Buffer, view: RtpView, arrivalMs: number): void {
    this.#jitter.put(packet, view, arrivalMs);
  }

  /** Whether packets come, or are still to be played. */
  get present(): boolean {
    return this.#playing || this.#jitter.count > 0;
  }

  get listening(): boolean {
    return this.#listening;
  }

  /** Without a listener packets are taken in time but not decoded, and silence stands for them. */
  set listening(listening: boolean) {
    if (listening === this.#listening) return;
    this.#listening = listening;
    this.#turned = true;
  }

  stats(): VoiceStats {
    return {
      playoutDelayMs: this.#playing ? Math.round(this.#delayMs) : null,
      targetDelayMs: Math.round(this.#jitter.delays.targetMs),
      concealedMs: Math.round(this.#concealedMs),
      playedMs: Math.round(this.#playedMs),
      stretchedMs: Math.round(this.#stretched / this.#perMs),
      accelerations: this.#accelerations,
      expansions: this.#expansions,
      ...this.#jitter.counts,
    };
  }

  /** Fills the frame that begins at `dueMs`, on the clock of the arrivals; false: nothing to hear, it is all zeros. */
  pull(frame: Int16Array, dueMs: number): boolean {
    this.#makeRoom();
    const need = frame.length;
    while (this.#to - this.#from < need) this.#more(need, dueMs);
    if (this.#playing) this.#keepDelay(need, dueMs);
    const from = this.#from;
    for (let i = 0; i < need; i++) frame[i] = this.#samples[from + i];
    this.#from += need;
    const audible = this.#playing || (this.#madeUp && !this.#concealment.faded);
    if (this.#playing) this.#playedMs += need / this.#perMs;
    return audible || this.#to > this.#from;
  }

  /** Delay of the sample that is played at `dueMs`. */
  #delayAt(dueMs: number): number {
    const playedMs = this.#endMs - (this.#to - this.#from) / this.#perMs;
    return dueMs - playedMs - this.#jitter.delays.leastTransitMs;
  }

  /** Adds at least one sample to the queue: a packet, or something in its place. */
  #more(need: number, dueMs: number): void {
    const jitter = this.#jitter;
    const slot = jitter.first();
    const wanted = need - (this.#to - this.#from);
    if (!this.#playing) {
      const wait = slot < 0 ? wanted : this.#waitFor(slot, dueMs);
      if (wait > 0) this.#makeUp(Math.min(wait, wanted));
      if (wait < wanted) this.#decode(slot);
      return;
    }
    const gapMs = slot < 0 ? Infinity : jitter.mediaMs(slot) - this.#endMs;
    if (gapMs <= this.#madeUpMs + toleranceMs) {
      this.#decode(slot);
      return;
    }
    const paused = slot >= 0 && (jitter.missingBefore(slot) === 0 || jitter.isMarked(slot));
    if (paused || this.#madeUpMs >= longestConcealmentMs) {
      this.#playing = false;
      return;
    }
    this.#makeUp(Math.ceil(Math.min(wanted, (gapMs - this.#madeUpMs) * this.#perMs)));
  }

  /** Samples of this frame until the first packet of a talkspurt is to be heard. */
  #waitFor(slot: number, dueMs: number): number {
    const { delays } = this.#jitter;
    const queuedMs = (this.#to - this.#from) / this.#perMs;
    const travelledMs = this.#jitter.mediaMs(slot) + delays.leastTransitMs;
    const startMs = Math.min(travelledMs, this.#jitter.arrivalMs(slot)) + delays.targetMs;
    return Math.max(0, Math.round((startMs - dueMs - queuedMs) * this.#perMs));
  }

  #decode(slot: number): void {
    const jitter = this.#jitter;
    const mediaMs = jitter.mediaMs(slot);
    const missing = jitter.missingBefore(slot);
    const gapMs = mediaMs - this.#endMs;
    const seam = this.#turned || jitter.isSeam(slot) || Math.abs(gapMs) > toleranceMs;
    this.#turned = false;
    if (this.#madeUp) this.#countConcealed(missing, gapMs);
    const start = jitter.startOf(slot);
    const end = jitter.endOf(slot);
    const packet = jitter.take(slot);
    this.#playing = true;
    this.#makeRoom();
    const count = this.#listening
      ? this.#decoder.decode(packet, start, end, this.#samples, this.#to)
      : this.#leaveBlank();
    if (count === 0) {
      this.#makeUpFor(mediaMs);
      return;
    }
    if (seam && !this.#madeUp) this.#concealment.begin(this.#samples, this.#to);
    if (seam || this.#madeUp) {
      this.#concealment.leadInto(this.#samples, this.#to, Math.min(count, seamMs * this.#perMs));
    }
    this.#madeUp = false;
    this.#madeUpMs = 0;
    this.#to += count;
    jitter.packetMs = count / this.#perMs;
    this.#endMs = mediaMs + jitter.packetMs;
  }

  #leaveBlank(): number {
    const count = this.#jitter.packetMs * this.#perMs;
    this.#samples.fill(0, this.#to, this.#to + count);
    return count;
  }

  /** A pause is no loss: nothing is missing, and time went on. */
  #countConcealed(missing: number, gapMs: number): void {
    const { packetMs } = this.#jitter;
    if (missing > 0) this.#concealedMs += Math.min(this.#madeUpMs, missing * packetMs);
    else if (gapMs < packetMs / 2) this.#concealedMs += this.#madeUpMs;
  }

  /** A packet that nothing could be made of. */
  #makeUpFor(mediaMs: number): void {
    const { packetMs } = this.#jitter;
    this.#makeUp(packetMs * this.#perMs);
    this.#concealedMs += packetMs;
    this.#madeUpMs = 0;
    this.#endMs = mediaMs + packetMs;
  }

  #makeUp(count: number): void {
    if (!this.#madeUp) {
      this.#concealment.begin(this.#samples, this.#to);
      this.#madeUp = true;
    }
    this.#concealment.fill(this.#samples, this.#to, count);
    this.#to += count;
    this.#madeUpMs += count / this.#perMs;
  }

  /** Takes a pitch period out or puts one in when the delay isn't what it should be. */
  #keepDelay(need: number, dueMs: number): void {
    this.#sinceStretch++;
    // While a gap is being filled nobody knows yet whether it adds to the delay.
    if (this.#madeUp) return;
    this.#delayMs = this.#delayAt(dueMs);
    const offMs = this.#delayMs - this.#jitter.delays.targetMs;
    if (offMs > hopelessMs) this.#giveUp(offMs);
    const urgent = Math.abs(offMs) > urgentMs;
    if (!urgent && this.#sinceStretch < calmFrames) return;
    if (offMs > tooLongMs) this.#shorten(need, urgent);
    else if (offMs < -tooShortMs) this.#lengthen(urgent);
  }

  #shorten(need: number, urgent: boolean): void {
    const reach = Math.max(this.#stretch.reach, need + this.#stretch.longest);
    while (this.#to - this.#from < reach) {
      const slot = this.#jitter.first();
      if (slot < 0 || this.#jitter.mediaMs(slot) - this.#endMs > toleranceMs) return;
      this.#decode(slot);
      if (this.#madeUp) return;
    }
    const count = this.#stretch.shorten(this.#samples, this.#from, this.#to, urgent);
    if (count === 0) return;
    this.#to -= count;
    this.#accelerations++;
    this.#noteStretch(count);
  }

  #lengthen(urgent: boolean): void {
    if (this.#to - this.#from < this.#stretch.window) return;
    const count = this.#stretch.lengthen(this.#samples, this.#from, this.#to, urgent);
    if (count === 0) return;
    this.#to += count;
    this.#expansions++;
    this.#noteStretch(count);
  }

  #noteStretch(count: number): void {
    this.#sinceStretch = 0;
    this.#stretched += count;
  }

  /** Far too much lies here, as after a stall: the oldest goes. */
  #giveUp(offMs: number): void {
    const jitter = this.#jitter;
    for (let leftMs = offMs; leftMs > 0 && jitter.count > 1; leftMs -= jitter.packetMs)
      jitter.discard(jitter.first());
  }

  /** Moves history and queue to the front when less than a longest packet and a stretch fit behind them. */
  #makeRoom(): void {
    const reserve = (longestPacketMs + 20) * this.#perMs;
    if (this.#samples.length - this.#to >= reserve || this.#from === this.#history) return;
    const shift = this.#from - this.#history;
    this.#samples.copyWithin(0, shift, this.#to);
    this.#from -= shift;
    this.#to -= shift;
  }
}

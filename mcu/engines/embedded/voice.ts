import type { AudioDecoder } from '../../codecs/coder.ts';
import { JitterBuffer } from '../../jitter/buffer.ts';
import { GapFiller } from '../../jitter/filler.ts';
import { Pace } from '../../jitter/pace.ts';
import { SoundQueue } from '../../jitter/queue.ts';
import type { RtpView } from '../../rtp/packet.ts';
import type { VoiceStats } from './voice-stats.ts';

/** Opus packets carry up to 120 ms (RFC 6716 §2.1.4), G.711 ones rarely more than 60. */
const longestPacketMs = 120;
/** Sound that was said or will be: enough to repeat, to stretch, and for a longest packet on top. */
const queueMs = 2 * longestPacketMs + 60;
/** What has to fit behind what is there: a longest packet, and a stretch. */
const reserveMs = longestPacketMs + 20;
/** Underruns are concealed for this long; then the stream counts as paused. */
const longestConcealmentMs = 120;
/** More than this beyond the wanted delay isn't worked off but given up. */
const hopelessMs = 400;
/** Timestamps are no more exact than this. */
const toleranceMs = 2;

type VoiceDecoder = Omit<AudioDecoder, 'rateHz'>;

export interface VoiceOptions {
  readonly decoder: VoiceDecoder;
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
  readonly #decoder: VoiceDecoder;
  readonly #filler: GapFiller;
  readonly #pace: Pace;
  readonly #perMs: number;
  readonly #queue: SoundQueue;
  #listening = true;
  /** What comes next doesn't go on where the last packet ended, as it wasn't decoded. */
  #turned = false;
  /** Media time at the queue's end. */
  #endMs = -Infinity;
  #playing = false;
  /** Made-up sound since the last packet. */
  #madeUpMs = 0;
  #concealedMs = 0;
  #recoveredMs = 0;
  #playedMs = 0;
  #delayMs = 0;

  constructor({ decoder, rateHz, clockHz, longestDelayMs }: VoiceOptions) {
    this.#jitter = new JitterBuffer(clockHz, longestDelayMs);
    this.#decoder = decoder;
    this.#filler = new GapFiller(decoder, rateHz);
    this.#pace = new Pace(rateHz);
    this.#perMs = rateHz / 1000;
    this.#queue = new SoundQueue(this.#filler.historySamples, queueMs * this.#perMs);
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
    const { stretchedSamples, accelerations, expansions } = this.#pace;
    return {
      playoutDelayMs: this.#playing ? Math.round(this.#delayMs) : null,
      targetDelayMs: Math.round(this.#jitter.delays.targetMs),
      concealedMs: Math.round(this.#concealedMs),
      recoveredMs: Math.round(this.#recoveredMs),
      playedMs: Math.round(this.#playedMs),
      stretchedMs: Math.round(stretchedSamples / this.#perMs),
      accelerations,
      expansions,
      ...this.#jitter.counts,
    };
  }

  /** Fills the frame that begins at `dueMs`, on the clock of the arrivals; false: nothing to hear, it is all zeros. */
  pull(frame: Int16Array, dueMs: number): boolean {
    const queue = this.#queue;
    this.#makeRoom();
    while (queue.length < frame.length) this.#more(frame.length, dueMs);
    if (this.#playing) this.#keepDelay(frame.length, dueMs);
    const sounds = queue.read(frame);
    const audible = this.#playing || (this.#filler.filling && !this.#filler.faded);
    if (this.#playing) this.#playedMs += frame.length / this.#perMs;
    return sounds && (audible || queue.length > 0);
  }

  /** Nothing is played any more. Idempotent. */
  close(): void {
    this.#decoder.close?.();
  }

  #makeRoom(): void {
    this.#queue.makeRoom(reserveMs * this.#perMs);
  }

  /** Delay of the sample that is played at `dueMs`. */
  #delayAt(dueMs: number): number {
    const playedMs = this.#endMs - this.#queue.length / this.#perMs;
    return dueMs - playedMs - this.#jitter.delays.leastTransitMs;
  }

  /** Adds at least one sample to the queue: a packet, or something in its place. */
  #more(need: number, dueMs: number): void {
    const jitter = this.#jitter;
    const slot = jitter.first();
    const wanted = need - this.#queue.length;
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
    const leftMs = gapMs - this.#madeUpMs;
    const repeatedMs = slot < 0 ? 0 : this.#repeatedIn(slot);
    const guessedMs = leftMs - repeatedMs;
    if (repeatedMs > 0 && guessedMs <= toleranceMs) this.#recover(slot, repeatedMs, leftMs);
    else this.#makeUp(Math.ceil(Math.min(wanted, guessedMs * this.#perMs)));
  }

  /** Samples of this frame until the first packet of a talkspurt is to be heard. */
  #waitFor(slot: number, dueMs: number): number {
    const { delays } = this.#jitter;
    const queuedMs = this.#queue.length / this.#perMs;
    const travelledMs = this.#jitter.mediaMs(slot) + delays.leastTransitMs;
    const startMs = Math.min(travelledMs, this.#jitter.arrivalMs(slot)) + delays.targetMs;
    return Math.max(0, Math.round((startMs - dueMs - queuedMs) * this.#perMs));
  }

  #decode(slot: number): void {
    const jitter = this.#jitter;
    const mediaMs = jitter.mediaMs(slot);
    const missing = jitter.missingBefore(slot);
    const gapMs = mediaMs - this.#endMs;
    // By timestamps alone a sender that corrects its clock would seem to have left nothing out.
    const seam = this.#turned || missing > 0 || jitter.isSeam(slot) || Math.abs(gapMs) > toleranceMs;
    this.#turned = false;
    if (this.#filler.filling) this.#countConcealed(missing, gapMs);
    const start = jitter.startOf(slot);
    const end = jitter.endOf(slot);
    const packet = jitter.take(slot);
    this.#playing = true;
    this.#makeRoom();
    const { samples, to } = this.#queue;
    const count = this.#listening
      ? this.#decoder.decode(packet, start, end, samples, to)
      : this.#leaveBlank();
    if (count === 0) {
      this.#makeUpFor(mediaMs);
      return;
    }
    const blank = !this.#listening && !seam && !this.#filler.filling;
    this.#filler.join(samples, to, count, seam);
    this.#madeUpMs = 0;
    this.#queue.add(count, blank);
    jitter.packetMs = count / this.#perMs;
    this.#endMs = mediaMs + jitter.packetMs;
  }

  #leaveBlank(): number {
    const { samples, to } = this.#queue;
    const count = this.#jitter.packetMs * this.#perMs;
    samples.fill(0, to, to + count);
    return count;
  }

  /** A pause is no loss: nothing is missing, and time went on. */
  #countConcealed(missing: number, gapMs: number): void {
    const { packetMs } = this.#jitter;
    if (missing > 0) this.#concealedMs += Math.min(this.#madeUpMs, missing * packetMs);
    else if (gapMs < packetMs / 2) this.#concealedMs += this.#madeUpMs;
  }

  #repeatedIn(slot: number): number {
    const jitter = this.#jitter;
    if (!this.#listening || jitter.isSeam(slot)) return 0;
    return this.#decoder.repeatedMs?.(jitter.at(slot), jitter.startOf(slot), jitter.endOf(slot)) ?? 0;
  }

  /** The end of a gap, out of the packet behind it. What was made up until now covers its beginning. */
  #recover(slot: number, repeatedMs: number, leftMs: number): void {
    const jitter = this.#jitter;
    this.#makeRoom();
    const { samples, to } = this.#queue;
    let count =
      this.#decoder.recover?.(jitter.at(slot), jitter.startOf(slot), jitter.endOf(slot), samples, to) ?? 0;
    const skipped = Math.round((repeatedMs - leftMs) * this.#perMs);
    if (count <= skipped) {
      this.#makeUp(Math.ceil(leftMs * this.#perMs));
      return;
    }
    if (skipped > toleranceMs * this.#perMs) {
      samples.copyWithin(to, to + skipped, to + count);
      count -= skipped;
      this.#filler.crossFade(samples, to, count);
    } else this.#filler.join(samples, to, count, false);
    this.#concealedMs += this.#madeUpMs;
    this.#recoveredMs += count / this.#perMs;
    this.#madeUpMs = 0;
    this.#queue.add(count);
    this.#endMs = jitter.mediaMs(slot);
    jitter.passOver(slot);
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
    const queue = this.#queue;
    const made = this.#filler.fill(queue.samples, queue.to, count, this.#listening && this.#playing);
    queue.add(made);
    this.#madeUpMs += made / this.#perMs;
  }

  /** Takes a pitch period out or puts one in when the delay isn't what it should be. */
  #keepDelay(need: number, dueMs: number): void {
    this.#pace.beat();
    // While a gap is being filled nobody knows yet whether it adds to the delay.
    if (this.#filler.filling) return;
    this.#delayMs = this.#delayAt(dueMs);
    const offMs = this.#delayMs - this.#jitter.delays.targetMs;
    if (offMs > hopelessMs) this.#giveUp(offMs);
    const wanted = this.#pace.wanted(offMs);
    if (wanted === 'longer') this.#pace.lengthen(this.#queue, offMs);
    else if (wanted === 'shorter' && this.#decodeUpTo(this.#pace.reach(need)))
      this.#pace.shorten(this.#queue, offMs);
  }

  /** False: so much isn't here without a gap. */
  #decodeUpTo(reach: number): boolean {
    while (this.#queue.length < reach) {
      const slot = this.#jitter.first();
      if (slot < 0 || this.#jitter.mediaMs(slot) - this.#endMs > toleranceMs) return false;
      this.#decode(slot);
      if (this.#filler.filling) return false;
    }
    return true;
  }

  /** Far too much lies here, as after a stall: the oldest goes. */
  #giveUp(offMs: number): void {
    const jitter = this.#jitter;
    for (let leftMs = offMs; leftMs > 0 && jitter.count > 1; leftMs -= jitter.packetMs)
      jitter.discard(jitter.first());
  }
}

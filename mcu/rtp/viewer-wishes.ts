import { buildTmmbn } from '../video/rtcp-feedback.ts';
import type { BitrateLimit, FeedbackListener } from '../video/rtcp-feedback.ts';
import { BitrateControl } from './bitrate-control.ts';
import type { VideoSender } from './video-sender.ts';

/** A key frame costs what ten others do: one serves all who lost something in this time. */
const keyFramePauseMs = 500;
/** The same FIR for longer than this is a new one that was numbered badly. */
const firRepeatsMs = 1000;
/** What a packet of ours carries, for limits that count headers (RFC 5104 §3.5.4.2). */
const payloadBytes = 1100;

export interface ViewerWishesOptions {
  readonly now: () => number;
  readonly sender: Pick<VideoSender, 'ssrc' | 'resend'>;
  readonly onKeyFrameRequested: () => void;
  readonly onLimit: (bitrate: number) => void;
}

/** What a peer says in RTCP of the video that it is sent: what it misses, what it can't show, how much it takes. */
export class ViewerWishes implements Omit<FeedbackListener, 'onTmmbn'> {
  readonly bitrate: BitrateControl;
  readonly #options: ViewerWishesOptions;
  #keyFrameDue = false;
  #keyFrameMs = -Infinity;
  #firSender = -1;
  #firCommand = -1;
  #firMs = -Infinity;
  /** The peer's limit, to be kept and confirmed. */
  #limit: BitrateLimit | null = null;
  keyFramesAsked = 0;

  constructor(options: ViewerWishesOptions) {
    this.#options = options;
    this.bitrate = new BitrateControl(options.now, options.onLimit);
  }

  /** To be called a few times a second; gives what the peer is to be told. */
  tick(): Buffer | null {
    if (this.#keyFrameDue) this.#requestKeyFrame();
    const limit = this.#limit;
    this.#limit = null;
    if (!limit) return null;
    this.bitrate.limitedTo((limit.bitrate * payloadBytes) / (payloadBytes + limit.overhead));
    return buildTmmbn(this.#options.sender.ssrc, [limit]);
  }

  /** Of whatever stream: there is only one here, and some devices name none. */
  onPli(): void {
    this.keyFramesAsked++;
    this.#requestKeyFrame();
  }

  /** RFC 5104 §4.3.1.2: the same command again is a repetition, until the key frame is there. */
  onFir(sender: number, media: number, command: number): void {
    const nowMs = this.#options.now();
    if (media !== this.#options.sender.ssrc) return;
    const repeated = sender === this.#firSender && command === this.#firCommand;
    if (repeated && nowMs - this.#firMs < firRepeatsMs) return;
    this.#firSender = sender;
    this.#firCommand = command;
    this.#firMs = nowMs;
    this.onPli();
  }

  onNack(media: number, sequence: number): void {
    if (media === this.#options.sender.ssrc) this.#options.sender.resend(sequence);
  }

  /** RFC 5104 §4.2.1: its bitrate has the headers in it. */
  onTmmbr(sender: number, { ssrc, bitrate, overhead }: BitrateLimit): void {
    if (ssrc !== this.#options.sender.ssrc) return;
    // Kept at the next tick: a packet has room for a hundred, and each might be another picture. Confirmed then, once for however many ask (§4.2.2.1): who is limited is then named by the one that limits.
    this.#limit = { ssrc: sender, bitrate, overhead };
  }

  #requestKeyFrame(): void {
    const nowMs = this.#options.now();
    this.#keyFrameDue = nowMs - this.#keyFrameMs < keyFramePauseMs;
    if (this.#keyFrameDue) return;
    this.#keyFrameMs = nowMs;
    this.#options.onKeyFrameRequested();
  }
}

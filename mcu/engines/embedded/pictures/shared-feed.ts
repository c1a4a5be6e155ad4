import { MediaError } from '../../../errors.ts';
import type { FeedProfile, ViewerFigures } from '../../../ports.ts';
import { figuresDeadlineMs } from './camera.ts';
import type { PictureChannel } from './camera.ts';
import { keyFrameMark } from './protocol.ts';

/** A key frame is as large as ten others: one serves all who lost something in this time. */
export const keyFramePauseMs = 500;
/** Below this nothing is left of a picture that is not made for it. */
const leastBitrate = 64_000;
/** A rate that moves by less is not worth telling. */
const worthTelling = 0.03;

export interface FeedViewer {
  /** What its way carries, in bits per second. */
  readonly limit: number;
  /** A packet of a feed that it is with; `starts`: its frame begins here. Lent. */
  take(feed: SharedFeed, packet: Buffer, keyFrame: boolean, starts: boolean): void;
}

export interface FeedOwner {
  readonly channel: () => PictureChannel | null;
  /** Nobody is left. */
  readonly unused: (feed: SharedFeed) => void;
}

type Figures = Pick<ViewerFigures, 'framesSent' | 'keyFrames'>;
const noFigures: ViewerFigures = { framesSent: 0, keyFrames: 0, fps: 0, bitrate: 0 };

/** A feed as the node knows it: who takes it, at what rate, and when its next key frame may come. */
export class SharedFeed {
  readonly profile: FeedProfile;
  readonly number: number;
  readonly #picture: number;
  readonly #owner: FeedOwner;
  readonly #viewers = new Set<FeedViewer>();
  #bitrate: number;
  #atStart = true;
  #keyFrameAskedMs = performance.now();
  #keyFrameTimer: NodeJS.Timeout | null = null;
  #figuresBefore: Figures = noFigures;
  #figures = noFigures;

  constructor(profile: FeedProfile, number: number, picture: number, owner: FeedOwner) {
    this.profile = profile;
    this.number = number;
    this.#picture = picture;
    this.#owner = owner;
    this.#bitrate = profile.bitrate;
  }

  /** Those who get it, and those who are to get it from its next key frame on. */
  get viewers(): ReadonlySet<FeedViewer> {
    return this.#viewers;
  }

  /** Its first packet for them is a key frame's. */
  add(viewer: FeedViewer): void {
    const first = this.#viewers.size === 0;
    this.#viewers.add(viewer);
    if (first) {
      this.#bitrate = this.#lowestLimit();
      const channel = this.#owner.channel();
      if (channel) this.restore(channel);
      return;
    }
    this.limitChanged();
    this.requestKeyFrame();
  }

  remove(viewer: FeedViewer): void {
    if (!this.#viewers.delete(viewer)) return;
    if (this.#viewers.size > 0) {
      this.limitChanged();
      return;
    }
    if (this.#keyFrameTimer) clearTimeout(this.#keyFrameTimer);
    this.#keyFrameTimer = null;
    this.#owner.channel()?.tell('closeFeed', { feed: this.number });
    this.#owner.unused(this);
  }

  /** At once, or as soon as the last one is long enough ago. */
  requestKeyFrame(): void {
    if (this.#keyFrameTimer) return;
    const waitMs = this.#keyFrameAskedMs + keyFramePauseMs - performance.now();
    if (waitMs > 0) this.#keyFrameTimer = setTimeout(this.#askForKeyFrame, waitMs);
    else this.#askForKeyFrame();
  }

  /** A viewer's way has become wider or narrower. */
  limitChanged(): void {
    const bitrate = this.#lowestLimit();
    if (Math.abs(bitrate - this.#bitrate) < worthTelling * this.#bitrate) return;
    this.#bitrate = bitrate;
    this.#owner.channel()?.tell('setFeedBitrate', { feed: this.number, bitrate });
  }

  receive(packet: Buffer): void {
    const keyFrame = (packet[1] & 0x7f) === keyFrameMark;
    const starts = this.#atStart;
    this.#atStart = packet[1] > 0x7f;
    for (const viewer of this.#viewers) viewer.take(this, packet, keyFrame, starts);
  }

  async figures(): Promise<ViewerFigures> {
    const channel = this.#owner.channel();
    if (channel && this.#viewers.size > 0) {
      try {
        const asked = { feed: this.number };
        this.#figures =
          (await channel.call('feedFigures', asked, { deadlineMs: figuresDeadlineMs })) ?? this.#figures;
      } catch (error) {
        if (!(error instanceof MediaError)) throw error;
      }
    }
    return {
      ...this.#figures,
      framesSent: this.#figuresBefore.framesSent + this.#figures.framesSent,
      keyFrames: this.#figuresBefore.keyFrames + this.#figures.keyFrames,
    };
  }

  /** Opens it in a process that doesn't know it but its picture; it begins with a key frame. */
  restore(channel: PictureChannel): void {
    this.#atStart = true;
    this.#keyFrameAskedMs = performance.now();
    channel.tell('openFeed', {
      feed: this.number,
      picture: this.#picture,
      profile: this.profile,
      bitrate: this.#bitrate,
    });
  }

  processLost(): void {
    const { framesSent, keyFrames } = this.#figuresBefore;
    this.#figuresBefore = {
      framesSent: framesSent + this.#figures.framesSent,
      keyFrames: keyFrames + this.#figures.keyFrames,
    };
    this.#figures = noFigures;
  }

  #lowestLimit(): number {
    let lowest = this.profile.bitrate;
    for (const { limit } of this.#viewers) lowest = Math.min(lowest, limit);
    return Math.round(Math.max(lowest, Math.min(leastBitrate, this.profile.bitrate)));
  }

  readonly #askForKeyFrame = (): void => {
    this.#keyFrameTimer = null;
    this.#keyFrameAskedMs = performance.now();
    this.#owner.channel()?.tell('requestKeyFrame', { feed: this.number });
  };
}

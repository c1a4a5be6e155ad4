/** A leg's video ports: asked for when they are first needed. Without them the call goes on with its voice. */
import { messageOf } from '../errors.ts';
import { inTime } from '../in-time.ts';
import type { Log, MediaLeg } from '../ports.ts';
import type { Agreement } from './offer-answer.ts';
import type { SdpSession } from './sdp-session.ts';
import type { VideoRefused } from './video-line.ts';

export interface LegVideo {
  /** To be waited for before their offer is answered. */
  beforeAnswer(offerSdp: string): Promise<void>;
  /** To be waited for before the first offer of ours. */
  beforeOffer(): Promise<void>;
  /** Hears what an offer and its answer came to. */
  settled(agreement: Pick<Agreement, 'media' | 'videoRefused'>): void;
  /** Null: there is video, or none was ever asked for. */
  readonly refused: VideoRefused | null;
}

const off: VideoRefused = { reason: 'off', code: 304, text: 'Video is off for this caller' };
const noPorts: VideoRefused = {
  reason: 'no-ports',
  code: 304,
  text: 'There is no room for video at the moment',
};

export function createLegVideo(options: {
  readonly allowed: boolean;
  readonly media: Pick<MediaLeg, 'openVideo'>;
  readonly sdp: Pick<SdpSession, 'hasVideo' | 'videoOffered' | 'addVideo' | 'refuseVideo'>;
  readonly deadlineMs: number;
  readonly log: Log;
}): LegVideo {
  const { allowed, media, sdp, deadlineMs, log } = options;
  let refused: VideoRefused | null = null;
  if (!allowed) sdp.refuseVideo(off);

  async function open(): Promise<void> {
    try {
      sdp.addVideo(await inTime(deadlineMs, 'media-unavailable', media.openVideo()));
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'video can not be opened, the call goes on without');
      sdp.refuseVideo(noPorts);
      refused = noPorts;
    }
  }

  return {
    async beforeAnswer(offerSdp) {
      if (!allowed || sdp.hasVideo) return;
      const offered = sdp.videoOffered(offerSdp);
      if (offered === 'takeable') await open();
      else if (offered !== 'none') sdp.refuseVideo(offered);
    },
    async beforeOffer() {
      if (allowed && !sdp.hasVideo) await open();
    },
    settled({ media: { video }, videoRefused }) {
      // What an admin wants to know of a call that has its voice only.
      if (videoRefused) log.info({ detail: videoRefused.text }, 'video refused, the call goes on without');
      if (videoRefused ?? video) refused = videoRefused;
    },
    get refused() {
      return refused;
    },
  };
}

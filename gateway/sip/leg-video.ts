/** A leg's video ports: asked for when they are first needed. Without them the call goes on with its voice. */
import { messageOf } from '../errors.ts';
import { inTime } from '../in-time.ts';
import type { Log, MediaLeg } from '../ports.ts';
import type { SipWarning } from './reasons.ts';
import type { SdpSession } from './sdp-session.ts';

export interface LegVideo {
  /** To be waited for before their offer is answered. */
  beforeAnswer(offerSdp: string): Promise<void>;
  /** To be waited for before the first offer of ours. */
  beforeOffer(): Promise<void>;
}

/** What an admin wants to know of a call that has its voice only. */
export function tellOfVideo(log: Log, refused: SipWarning | null): void {
  if (refused) log.info({ detail: refused.text }, 'video refused, the call goes on without');
}

const off: SipWarning = { code: 304, text: 'Video is off for this caller' };
const noPorts: SipWarning = { code: 304, text: 'There is no room for video at the moment' };

export function createLegVideo(options: {
  readonly allowed: boolean;
  readonly media: Pick<MediaLeg, 'openVideo'>;
  readonly sdp: Pick<SdpSession, 'hasVideo' | 'videoOffered' | 'addVideo' | 'refuseVideo'>;
  readonly deadlineMs: number;
  readonly log: Log;
}): LegVideo {
  const { allowed, media, sdp, deadlineMs, log } = options;
  if (!allowed) sdp.refuseVideo(off);

  async function open(): Promise<void> {
    try {
      sdp.addVideo(await inTime(deadlineMs, 'media-unavailable', media.openVideo()));
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'video can not be opened, the call goes on without');
      sdp.refuseVideo(noPorts);
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
  };
}

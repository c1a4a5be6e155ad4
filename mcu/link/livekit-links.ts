/**
 * Links to a LiveKit room that carry RTP as it was encoded: a caller's G.711 goes in untouched, a
 * participant's opus comes out untouched, and so do pictures in H.264 and VP8. Signalling is LiveKit's own client protocol, media is
 * libdatachannel's.
 *
 * A link that closes leaves no participant behind. A process that is killed does: LiveKit drops its
 * participants some 24 s later, unless the room service removes them before.
 */
import type { LinkFactory, Log } from '../ports.ts';
import { openPublishingLink } from './publishing-link.ts';
import { openSubscribingLink } from './subscribing-link.ts';

export interface LiveKitLinkOptions {
  readonly log: Log;
  /** Local address for media sockets; all interfaces when left out. */
  readonly bindAddress?: string;
}

/**
 * Packets go in and come out with the payload types of `PAYLOAD_TYPES` (PCMU 0, PCMA 8, opus 111, VP8 96, H264 102).
 * Both methods reject with a `LinkError`, or with the signal's reason; the signal ends only the opening.
 */
export function createLiveKitLinks({ log, bindAddress }: LiveKitLinkOptions): LinkFactory {
  const environment = { log: log.child({ part: 'link' }), bindAddress, reports: { seen: false } };
  const never = new AbortController().signal;
  return {
    kind: 'livekit-encoded',
    publish: (options, signal = never) => openPublishingLink(environment, options, signal),
    subscribe: (options, signal = never) => openSubscribingLink(environment, options, signal),
  };
}

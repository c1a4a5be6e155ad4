/**
 * Links to a LiveKit room over LiveKit's own client library (rtc-node), whose seam is PCM: a caller's packets are
 * decoded here and encoded to Opus by the library, a participant's sound is decoded by it and encoded to Opus here
 * once more. What that costs is in docs/operation.md; in return it goes wherever LiveKit's clients go.
 */
import type { LinkFactory, Log } from '../../ports.ts';
import { openRtcPublishingLink } from './publishing.ts';
import { openRtcSubscribingLink } from './subscribing.ts';

/** As `createLiveKitLinks`; the library chooses its sockets itself. */
export function createRtcNodeLinks({ log }: { readonly log: Log }): LinkFactory {
  const linkLog = log.child({ part: 'link' });
  const never = new AbortController().signal;
  return {
    kind: 'rtc-node',
    publish: (options, signal = never) => openRtcPublishingLink(linkLog, options, signal),
    subscribe: (options, signal = never) => openRtcSubscribingLink(linkLog, options, signal),
  };
}

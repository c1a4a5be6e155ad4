import { randomInt } from 'node:crypto';
import type { AudioCodec, CallFacts, LegMediaConfig, Log, MediaLeg } from '../ports.ts';
import { IceSession } from './ice-session.ts';
import { createLegVideo } from './leg-video.ts';
import type { ExposedKeys } from './exposed-keys.ts';
import type { SipLimits } from './limits.ts';
import { announcedAddress } from './media-address.ts';
import type { LocalSecurity } from './media-security.ts';
import type { Session } from './renegotiation.ts';
import { createSdpSession } from './sdp-session.ts';

/** What a leg's offers and answers work on, from the first one on. */
export type Negotiation = Pick<Session, 'media' | 'sdp' | 'video' | 'ends' | 'settled'>;

/** What our side of a leg's session description is made of. */
export interface NegotiationOptions {
  readonly facts: CallFacts;
  /** `host:port` of ours that its INVITE came to; absent: we call. */
  readonly receivedOn: string | undefined;
  /** Address that its signalling comes from, or goes to. */
  readonly peer: string;
  readonly publicAddresses: readonly string[];
  readonly codecs: readonly AudioCodec[];
  /** Whether it may have video. */
  readonly video: boolean;
  /** Whether media may find its way by ICE. */
  readonly ice: boolean;
  readonly exposedKeys: Pick<ExposedKeys, 'look'>;
  readonly limits: Pick<SipLimits, 'mediaMs'>;
}

/** Our side of a leg's session description, now that there is media for it. */
export function openNegotiation(
  options: NegotiationOptions,
  media: MediaLeg,
  security: LocalSecurity,
  log: Log,
): Negotiation {
  const { facts, receivedOn, peer, publicAddresses, codecs, exposedKeys, limits } = options;
  const { local } = media;
  const address = announcedAddress({
    configured: local.announced ?? publicAddresses,
    bound: local.address,
    receivedOn,
    peer,
  });
  security.dtls.fingerprints = local.fingerprints ?? [];
  const sdp = createSdpSession({
    address,
    rtpPort: local.rtpPort,
    rtcpPort: local.rtcpPort,
    sessionId: randomInt(1, 2 ** 47),
    supported: codecs,
    security,
    ice: local.ice && options.ice ? new IceSession(local.ice) : null,
  });
  return {
    media,
    sdp,
    video: createLegVideo({ allowed: options.video, media, sdp, deadlineMs: limits.mediaMs, log }),
    ends: { local: address, peer },
    settled: (config: LegMediaConfig) => exposedKeys.look(facts, config),
  };
}

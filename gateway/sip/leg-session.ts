import { randomInt } from 'node:crypto';
import type { Log, MediaLeg } from '../ports.ts';
import { IceSession } from './ice-session.ts';
import { createLegVideo } from './leg-video.ts';
import type { SipLegOptions } from './leg-options.ts';
import { announcedAddress } from './media-address.ts';
import type { LocalSecurity } from './media-security.ts';
import type { Session } from './renegotiation.ts';
import { createSdpSession } from './sdp-session.ts';

/** What a leg's offers and answers work on, from the first one on. */
export type Negotiation = Pick<Session, 'media' | 'sdp' | 'video' | 'ends' | 'settled'>;

/** Our side of a leg's session description, now that there is media for it. */
export function openNegotiation(
  options: SipLegOptions,
  media: MediaLeg,
  security: LocalSecurity,
  log: Log,
): Negotiation {
  const { facts, req, publicAddresses, codecs, exposedKeys, limits } = options;
  const { local } = media;
  const address = announcedAddress({
    configured: local.announced ?? publicAddresses,
    bound: local.address,
    receivedOn: req.receivedOn,
    peer: req.source_address,
  });
  security.dtls.fingerprints = local.fingerprints ?? [];
  const sdp = createSdpSession({
    address,
    rtpPort: local.rtpPort,
    rtcpPort: local.rtcpPort,
    sessionId: randomInt(1, 2 ** 47),
    supported: codecs,
    security,
    ice: local.ice ? new IceSession(local.ice) : null,
  });
  return {
    media,
    sdp,
    video: createLegVideo({ allowed: options.video, media, sdp, deadlineMs: limits.mediaMs, log }),
    ends: { local: address, peer: req.source_address },
    settled: (config) => exposedKeys.look(facts, config),
  };
}

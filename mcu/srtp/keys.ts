import type { SrtpExemptions, SrtpProfile } from '../ports.ts';
import { CounterModeTransform } from './cm-transform.ts';
import { GcmTransform } from './gcm-transform.ts';
import { deriveSessionKeys } from './kdf.ts';
import { srtpProfiles } from './profiles.ts';
import type { Transform } from './transform.ts';
import type { SrtpKey } from './types.ts';

/** RFC 3711 §9.2: what one master key may protect. */
const mostRtpPackets = 2 ** 48;
const mostRtcpPackets = 2 ** 31;

/** A master key at work, and how much it may still protect. */
export interface KeyInUse {
  readonly transform: Transform;
  rtpLeft: number;
  rtcpLeft: number;
}

/** Throws RangeError for a key that is not its profile's. */
export function useKey(profile: SrtpProfile, key: SrtpKey, exemptions: SrtpExemptions): KeyInUse {
  const { aead, keyBytes, saltBytes, rtpTagBytes, rtcpTagBytes } = srtpProfiles[profile];
  const { masterKey, masterSalt, mki = Buffer.alloc(0), lifetime = mostRtpPackets } = key;
  if (masterKey.length !== keyBytes || masterSalt.length !== saltBytes)
    throw new RangeError(`${profile} takes a key of ${keyBytes} octets and a salt of ${saltBytes}`);
  if (aead && exemptions.unauthenticatedRtp === true) throw new RangeError(`${profile} always authenticates`);
  const options = {
    ...exemptions,
    rtp: deriveSessionKeys(masterKey, masterSalt, 'rtp'),
    rtcp: deriveSessionKeys(masterKey, masterSalt, 'rtcp'),
    mki,
    rtpTagBytes,
    rtcpTagBytes,
  };
  return {
    transform: aead ? new GcmTransform(options) : new CounterModeTransform(options),
    rtpLeft: Math.min(lifetime, mostRtpPackets),
    rtcpLeft: Math.min(lifetime, mostRtcpPackets),
  };
}

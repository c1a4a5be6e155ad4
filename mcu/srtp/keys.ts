import type { SrtpExemptions, SrtpProfile } from '../ports.ts';
import { CounterModeTransform } from './cm-transform.ts';
import { GcmTransform } from './gcm-transform.ts';
import { deriveSessionKeys } from './kdf.ts';
import { srtpProfiles } from './profiles.ts';
import type { Transform } from './transform.ts';
import type { SrtpKey } from './types.ts';

/** A master key at work. Throws RangeError for one that is not its profile's. */
export function transformOf(profile: SrtpProfile, key: SrtpKey, exemptions: SrtpExemptions): Transform {
  const { aead, keyBytes, saltBytes, rtpTagBytes, rtcpTagBytes } = srtpProfiles[profile];
  const { masterKey, masterSalt, mki = Buffer.alloc(0) } = key;
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
  return aead ? new GcmTransform(options) : new CounterModeTransform(options);
}

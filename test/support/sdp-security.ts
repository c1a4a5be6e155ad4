import type { SrtpPolicy } from '../../gateway/ports.ts';
import { DtlsSession } from '../../gateway/sip/dtls-session.ts';
import type { LocalSecurity } from '../../gateway/sip/media-security.ts';
import { SdesKeys } from '../../gateway/sip/sdes-keys.ts';

/** What the answers of tests show for our certificate. */
export const ownFingerprint = {
  hash: 'sha-256',
  value: Array.from({ length: 32 }, (_, index) => (index + 16).toString(16).toUpperCase()).join(':'),
};

/** Our side of one session's security. */
export function localSecurity(policy: SrtpPolicy = 'prefer'): LocalSecurity {
  return { policy, keys: new SdesKeys(), dtls: new DtlsSession([ownFingerprint]) };
}

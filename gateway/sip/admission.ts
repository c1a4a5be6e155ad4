import type { CallFacts, SrtpPolicy, TrunkDirectory } from '../ports.ts';
import type { SdpBody } from './body.ts';
import { sdpBodyOf } from './body.ts';
import { callFacts, readAddress } from './call-facts.ts';
import { unsupportedExtensions } from './capabilities.ts';
import { offersEncryption } from './offer-answer.ts';
import { refusalHeaders, sipEndings } from './reasons.ts';
import type { SipRequest } from './srf.ts';

export interface Admitted {
  readonly ok: true;
  readonly facts: CallFacts;
  readonly srtp: SrtpPolicy;
  readonly body: Exclude<SdpBody, { kind: 'refused' }>;
}

/** A final response that needs no call. */
export interface Refused {
  readonly ok: false;
  readonly status: number;
  readonly phrase?: string;
  readonly headers?: Record<string, string>;
}

/** What the door goes by. */
export interface DoorRules {
  readonly trunks: TrunkDirectory;
  /** For callers of no trunk. */
  readonly srtp: SrtpPolicy;
  readonly maxBodyBytes: number;
}

/** What an INVITE has to have before it becomes a call (RFC 3261 §8.2). */
export function admit(req: SipRequest, { trunks, srtp, maxBodyBytes }: DoorRules): Admitted | Refused {
  // RFC 3261 §12.2.2: it is meant for a dialog that is not there any more.
  if (/;\s*tag\s*=/i.test(afterUri(req.get('to')))) return refuse(481);
  for (const field of ['From', 'To', 'Call-ID', 'CSeq', 'Contact']) {
    if ((req.get(field) ?? '').trim() === '') return refuse(400, `Missing ${field} Header Field`);
  }
  if (!/^sip:/.test(readAddress(req.get('contact') ?? '')?.uri ?? ''))
    return refuse(400, 'Unreadable Contact Header Field');
  // RFC 3261 §16.3: a call that goes in circles ends here; drachtio-server leaves it to us.
  if (/^0+$/.test((req.get('max-forwards') ?? '').trim())) return refuse(483);
  const unsupported = unsupportedExtensions(req.get('require'));
  if (unsupported.length > 0) return refuse(420, undefined, { Unsupported: unsupported.join(', ') });
  if (!/^(?:sips?|tel):/i.test(req.uri)) return refuse(416);
  const body = sdpBodyOf(req, maxBodyBytes);
  if (body.kind === 'refused') return refuse(body.status, undefined, body.headers);
  const trunk = trunks.findTrunk(req.source_address, req.protocol);
  if (trunk?.tls === true && !/^(?:tls|wss)$/i.test(req.protocol))
    // What a trunk must use is no matter of taste: a call that comes otherwise may not be the trunk's.
    return refuse(403, 'TLS Required', { Warning: '399 gateway "Calls of this trunk must come over TLS"' });
  const policy = trunk?.srtp ?? srtp;
  // Without an offer, ours is encrypted.
  if (policy === 'require' && body.kind === 'sdp' && !offersEncryption(body.sdp))
    return refuse(sipEndings['encryption-required'].status, undefined, refusalHeaders('encryption-required'));
  const facts = callFacts(req, trunk?.name ?? null);
  return facts ? { ok: true, facts, srtp: policy, body } : refuse(400, 'Unreadable Address');
}

function refuse(status: number, phrase?: string, headers?: Record<string, string>): Refused {
  return { ok: false, status, ...(phrase === undefined ? {} : { phrase }), ...(headers ? { headers } : {}) };
}

/** The part of a To value where its own parameters are. */
function afterUri(value: string | undefined): string {
  const text = value ?? '';
  return text.includes('<') ? text.slice(text.lastIndexOf('>') + 1) : text;
}

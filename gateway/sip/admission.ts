import type { CallFacts, SrtpPolicy, TrunkDirectory } from '../ports.ts';
import { reasonText } from '../reasons.ts';
import type { SdpBody } from './body.ts';
import { sdpBodyOf } from './body.ts';
import { callFacts, readAddress } from './call-facts.ts';
import { unsupportedExtensions } from './capabilities.ts';
import { offersEncryption } from './offer-answer.ts';
import type { SipWarning } from './reasons.ts';
import { sipEndings } from './reasons.ts';
import { tooShortSession } from './session-timer.ts';
import type { SipRequest } from './srf.ts';
import { certifiedNames, transportOf } from './transport.ts';

export interface Admitted {
  readonly ok: true;
  readonly facts: CallFacts;
  readonly srtp: SrtpPolicy;
  readonly body: Exclude<SdpBody, { kind: 'refused' }>;
}

/** A final response that needs no call; told and recorded in words. */
export interface Refused {
  readonly ok: false;
  readonly trunk: string | null;
  readonly reason: 'bad-request' | 'tls-required' | 'encryption-required';
  readonly status: number;
  readonly phrase?: string;
  readonly warning: SipWarning;
  readonly headers?: Record<string, string>;
}

/** What the door goes by. */
export interface DoorRules {
  readonly trunks: TrunkDirectory;
  /** For callers of no trunk. */
  readonly srtp: SrtpPolicy;
  readonly maxBodyBytes: number;
  /** What the server listens on, as it says it. */
  readonly hostports?: string;
}

/** What an INVITE has to have before it becomes a call (RFC 3261 §8.2). */
export function admit(
  req: SipRequest,
  { trunks, srtp, maxBodyBytes, hostports = '' }: DoorRules,
): Admitted | Refused {
  // RFC 3261 §12.2.2: it is meant for a dialog that is not there any more.
  if (/;\s*tag\s*=/i.test(afterUri(req.get('to'))))
    return refuse(481, 'No call of this gateway has this Call-ID and these tags');
  for (const field of ['From', 'To', 'Call-ID', 'CSeq', 'Contact']) {
    if ((req.get(field) ?? '').trim() === '')
      return refuse(400, `The INVITE has no ${field}`, { phrase: `Missing ${field} Header Field` });
  }
  if (!/^sip:/.test(readAddress(req.get('contact') ?? '')?.uri ?? ''))
    return refuse(400, 'The Contact is no SIP address', { phrase: 'Unreadable Contact Header Field' });
  // RFC 3261 §16.3: a call that goes in circles ends here; drachtio-server leaves it to us.
  if (/^0+$/.test((req.get('max-forwards') ?? '').trim()))
    return refuse(483, 'Max-Forwards is 0: the call went through too many hops, or in circles');
  const unsupported = unsupportedExtensions(req.get('require'));
  if (unsupported.length > 0)
    return refuse(420, `Not supported here: ${unsupported.join(', ')}`, {
      headers: { Unsupported: unsupported.join(', ') },
    });
  const tooShort = tooShortSession(req);
  if (tooShort)
    return refuse(422, 'Sessions have to last longer; Min-SE says how long at least', { headers: tooShort });
  if (!/^(?:sips?|tel):/i.test(req.uri))
    return refuse(416, 'Only sip, sips and tel addresses can be called here');
  const body = sdpBodyOf(req, maxBodyBytes);
  if (body.kind === 'refused') return refuse(body.status, wordsOf[body.status], { headers: body.headers });
  const transport = transportOf(req, hostports);
  const trunk = trunks.findTrunk(req.source_address, transport, certifiedNames(req));
  // What a trunk must use is no matter of taste: a call that comes otherwise may not be the trunk's.
  if (trunk?.tls === true && !/^(?:tls|wss)$/.test(transport)) return breach('tls-required', trunk.name);
  const policy = trunk?.srtp ?? srtp;
  // Without an offer, ours is encrypted.
  if (policy === 'require' && body.kind === 'sdp' && !offersEncryption(body.sdp))
    return breach('encryption-required', trunk?.name ?? null);
  const facts = callFacts(req, { transport, trunk: trunk?.name ?? null });
  return facts
    ? { ok: true, facts, srtp: policy, body }
    : refuse(400, 'From or Request-URI can not be read', { phrase: 'Unreadable Address' });
}

const wordsOf = {
  413: 'The body is too large; send the session description only',
  415: 'The body is no session description that can be read here',
} as const;

function refuse(status: number, text: string, more: Pick<Refused, 'phrase' | 'headers'> = {}): Refused {
  return { ok: false, reason: 'bad-request', trunk: null, status, warning: { code: 399, text }, ...more };
}

function breach(reason: 'tls-required' | 'encryption-required', trunk: string | null): Refused {
  const { status, phrase, warning: code } = sipEndings[reason];
  return { ok: false, reason, trunk, status, phrase, warning: { code, text: reasonText[reason] } };
}

/** The part of a To value where its own parameters are. */
function afterUri(value: string | undefined): string {
  const text = value ?? '';
  return text.includes('<') ? text.slice(text.lastIndexOf('>') + 1) : text;
}

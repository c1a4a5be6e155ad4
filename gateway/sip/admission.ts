import type { CallFacts } from '../ports.ts';
import type { SdpBody } from './body.ts';
import { sdpBodyOf } from './body.ts';
import { callFacts, readAddress } from './call-facts.ts';
import type { Way } from './call-facts.ts';
import { unsupportedExtensions } from './capabilities.ts';
import { tooShortSession } from './session-timer.ts';
import type { SipRequest } from './srf-messages.ts';

export interface Admitted {
  readonly ok: true;
  readonly facts: CallFacts;
  readonly body: Exclude<SdpBody, { kind: 'refused' }>;
}

/** A final response that needs no call; told and recorded in words. */
export interface Refused {
  readonly ok: false;
  readonly status: number;
  readonly phrase?: string;
  /** What is wrong, for a person. */
  readonly text: string;
  readonly headers?: Record<string, string>;
}

/** What an INVITE has to have before it becomes a call (RFC 3261 §8.2). */
export function admit(req: SipRequest, way: Way, maxBodyBytes: number): Admitted | Refused {
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
  const facts = callFacts(req, way);
  return facts
    ? { ok: true, facts, body }
    : refuse(400, 'From or Request-URI can not be read', { phrase: 'Unreadable Address' });
}

const wordsOf = {
  413: 'The body is too large; send the session description only',
  415: 'The body is no session description that can be read here',
} as const;

function refuse(status: number, text: string, more: Pick<Refused, 'phrase' | 'headers'> = {}): Refused {
  return { ok: false, status, text, ...more };
}

/** The part of a To value where its own parameters are. */
function afterUri(value: string | undefined): string {
  const text = value ?? '';
  return text.includes('<') ? text.slice(text.lastIndexOf('>') + 1) : text;
}

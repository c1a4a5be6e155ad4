import { parseAddress, tagOf } from './address.ts';
import { parseCSeq } from './cseq.ts';
import { SipParseError } from './errors.ts';
import { reasonPhrase } from './reasons.ts';
import { parseNumber } from './text.ts';
import type { SipMessage, SipRequest, SipResponse } from './types.ts';
import { parseUri, schemeOf } from './uri.ts';
import { parseVia } from './via.ts';

/** What a faulty request gets. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
  /** What is wrong, as a constant sentence for logs. */
  readonly why: string;
}

/** RFC 3261 §20 allows one of each. */
const single = ['From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards', 'Content-Type', 'Expires'];

/**
 * RFC 3261 §8.1.1, §8.2, §16.3 for a request that parsed. Null: fine. Max-Forwards and Contact may be missing, as RFC
 * 2543 devices send none (RFC 4475 §3.4.1).
 */
export function validateRequest(request: SipRequest): Refusal | null {
  try {
    checkHeaders(request);
    checkUri(request);
  } catch (error) {
    if (error instanceof SipParseError) return refuse(error.status, error.message);
    throw error;
  }
  if (parseCSeq(request.headers.get('CSeq') ?? '').method !== request.method) {
    return refuse(400, 'the CSeq names another method');
  }
  return checkMaxForwards(request);
}

/** RFC 3261 §18.3: a response with a fault is dropped. Null: fine; else what is wrong. */
export function validateResponse(response: SipResponse): string | null {
  try {
    checkHeaders(response);
    return null;
  } catch (error) {
    if (error instanceof SipParseError) return error.message;
    throw error;
  }
}

/** RFC 3261 §8.2.2.3: what a 420 lists in its Unsupported. A CANCEL and an ACK are never refused for it. */
export function unsupportedExtensions(request: SipRequest, supported: readonly string[]): string[] {
  if (request.method === 'CANCEL' || request.method === 'ACK') return [];
  const known = new Set(supported.map((tag) => tag.toLowerCase()));
  return request.headers.getAll('Require').filter((tag) => !known.has(tag.toLowerCase()));
}

function checkHeaders({ headers, kind }: SipMessage): void {
  for (const name of ['Via', 'From', 'To', 'Call-ID', 'CSeq']) {
    if (!headers.get(name)) throw new SipParseError('SIP_HEADER', `no ${name}`);
  }
  for (const name of single) {
    if (headers.raw(name).length > 1) throw new SipParseError('SIP_HEADER', `more than one ${name}`);
  }
  for (const via of headers.getAll('Via')) parseVia(via);
  parseAddress(headers.get('From') ?? '');
  parseAddress(headers.get('To') ?? '');
  parseCSeq(headers.get('CSeq') ?? '');
  if (/\s/.test(headers.get('Call-ID') ?? '')) throw new SipParseError('SIP_HEADER', 'a malformed Call-ID');
  for (const name of ['Contact', 'Record-Route'])
    for (const value of headers.getAll(name)) parseAddress(value);
  if (kind === 'request') for (const route of headers.getAll('Route')) parseAddress(route);
}

/** RFC 3261 §8.2.2.1, §19.1.1: `tel` is for the application to judge; headers never are in a Request-URI. */
function checkUri(request: SipRequest): void {
  if (schemeOf(request.uri) === 'tel') return;
  const uri = parseUri(request.uri);
  if (uri.headers.size > 0) throw new SipParseError('SIP_URI', 'a Request-URI with headers');
}

/**
 * Zero says "no further": it is refused where a request enters, as an application may want to forward it. In a
 * dialog it has arrived (the hop before may have used up the last one), so it is no fault there.
 */
function checkMaxForwards(request: SipRequest): Refusal | null {
  const text = request.headers.get('Max-Forwards');
  if (text === undefined) return null;
  const hops = parseNumber(text, 255);
  if (hops === undefined) return refuse(400, 'a malformed Max-Forwards');
  const entering = tagOf(request.headers.get('To')) === undefined;
  const forwardable = request.method !== 'ACK' && request.method !== 'CANCEL';
  return hops === 0 && entering && forwardable ? refuse(483, 'Max-Forwards used up') : null;
}

function refuse(status: number, why: string): Refusal {
  return { status, reason: reasonPhrase(status), why };
}

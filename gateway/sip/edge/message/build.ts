import { withTag, tagOf } from './address.ts';
import { parseCSeq } from './cseq.ts';
import { SipParseError } from './errors.ts';
import { Headers } from './headers.ts';
import { reasonPhrase } from './reasons.ts';
import type { SipRequest, SipResponse } from './types.ts';

/** RFC 3261 §8.1.1.6. */
export const initialMaxForwards = '70';

/** A request without headers but those given, in their order. */
export function newRequest(
  method: string,
  uri: string,
  headers: Iterable<readonly [name: string, value: string]> = [],
  body: Buffer | string = '',
): SipRequest {
  return { kind: 'request', method, uri, headers: Headers.from(headers), body: Buffer.from(body) };
}

/**
 * RFC 3261 §8.2.6.2, §12.1.1. `toTag` goes into a To that has no tag yet, except in a 100. Record-Route is copied
 * into what can create a dialog, Timestamp into the 100. What a faulty request lacks the response lacks too.
 */
export function responseTo(
  request: SipRequest,
  status: number,
  reason: string = reasonPhrase(status),
  toTag?: string,
): SipResponse {
  const headers = new Headers();
  copy(request.headers, headers, 'Via', 'From');
  for (const to of request.headers.raw('To'))
    headers.append('To', tagged(to, status === 100 ? undefined : toTag));
  copy(request.headers, headers, 'Call-ID', 'CSeq');
  if (status === 100) copy(request.headers, headers, 'Timestamp');
  else if (status < 300) copy(request.headers, headers, 'Record-Route');
  return { kind: 'response', status, reason, headers, body: Buffer.alloc(0) };
}

/** Whether a faulty request can be answered: it has a Via, so its sender can tell what the answer is to. */
export function canAnswer(request: SipRequest | undefined): request is SipRequest {
  return request !== undefined && request.method !== 'ACK' && request.headers.has('Via');
}

/** RFC 3261 §17.1.1.3: the ACK of a final response other than 2xx, which is the transaction's. */
export function ackFor(invite: SipRequest, response: SipResponse): SipRequest {
  const ack = sibling(invite, 'ACK');
  const to = response.headers.get('To');
  if (to !== undefined) ack.headers.set('To', to);
  return ack;
}

/** RFC 3261 §9.1. */
export function cancelFor(invite: SipRequest): SipRequest {
  return sibling(invite, 'CANCEL');
}

/** A request that belongs to an INVITE's transaction: same target, top Via, Call-ID, From, To, number, Route. */
function sibling(invite: SipRequest, method: 'ACK' | 'CANCEL'): SipRequest {
  const via = invite.headers.get('Via');
  const cseq = invite.headers.get('CSeq');
  if (via === undefined || cseq === undefined)
    throw new SipParseError('SIP_HEADER', 'an INVITE without Via or CSeq');
  const request = newRequest(method, invite.uri, [['Via', via]]);
  copy(invite.headers, request.headers, 'Route');
  request.headers.append('Max-Forwards', initialMaxForwards);
  copy(invite.headers, request.headers, 'From', 'To', 'Call-ID');
  request.headers.append('CSeq', `${parseCSeq(cseq).sequence} ${method}`);
  return request;
}

function copy(from: Headers, to: Headers, ...names: string[]): void {
  for (const name of names) for (const value of from.raw(name)) to.append(name, value);
}

/** A To that can't be read goes back as it came. */
function tagged(to: string, tag: string | undefined): string {
  if (tag === undefined || tagOf(to) !== undefined) return to;
  try {
    return withTag(to, tag);
  } catch {
    return to;
  }
}

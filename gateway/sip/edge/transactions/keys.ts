import { parseCSeq } from '../message/cseq.ts';
import { tagOf } from '../message/address.ts';
import type { SipRequest, SipResponse } from '../message/types.ts';
import { branchCookie, parseVia } from '../message/via.ts';

/** Never inside any of the parts, as no header value holds it. */
const gap = '\n';

/**
 * RFC 3261 §17.2.3: what a request shares with its repetitions, and an ACK or a CANCEL (with `method` INVITE) with
 * its INVITE. Branches without the cookie are matched as RFC 2543 did, without the To tag, which an ACK has and
 * its INVITE has not. Throws `SipParseError` when the top Via or CSeq is none.
 */
export function serverKey(request: SipRequest, method: string): string {
  const top = request.headers.get('Via') ?? '';
  const via = parseVia(top);
  if (via.branch?.startsWith(branchCookie)) {
    return [via.branch, via.host.toLowerCase(), via.port ?? '', method].join(gap);
  }
  const { headers, uri } = request;
  const { sequence } = parseCSeq(headers.get('CSeq') ?? '');
  return [uri, headers.get('Call-ID'), tagOf(headers.get('From')), sequence, top, method].join(gap);
}

/** RFC 3261 §17.1.3: our branch and the method of CSeq. */
export function clientKey(branch: string, method: string): string {
  return `${branch}${gap}${method}`;
}

export function clientKeyOf(response: SipResponse): string {
  const { branch = '' } = parseVia(response.headers.get('Via') ?? '');
  return clientKey(branch, parseCSeq(response.headers.get('CSeq') ?? '').method);
}

/**
 * RFC 3261 §8.2.2.2: what a request outside a dialog shares with copies of itself that came by another way (a
 * proxy forked it); undefined inside a dialog.
 */
export function mergeKey({ headers }: SipRequest): string | undefined {
  if (tagOf(headers.get('To')) !== undefined) return undefined;
  return [headers.get('Call-ID'), tagOf(headers.get('From')), headers.get('CSeq')].join(gap);
}

import type { SipMessage } from './srf.ts';

/** Body types that we take, for the Accept header field. */
export const acceptedBodies = 'application/sdp, multipart/mixed';

export type SdpBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'sdp'; readonly sdp: string }
  | { readonly kind: 'refused'; readonly status: 413 | 415; readonly headers: Record<string, string> };

/** Finds the session description of a message, alone or as a part of `multipart/mixed` (RFC 5621 §3.1). */
export function sdpBodyOf(message: SipMessage, maxBytes: number): SdpBody {
  const body = message.body ?? '';
  if (body === '') return { kind: 'none' };
  if (Buffer.byteLength(body) > maxBytes) return { kind: 'refused', status: 413, headers: {} };
  const encoding = message.get('content-encoding');
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity')
    return { kind: 'refused', status: 415, headers: { 'Accept-Encoding': 'identity' } };
  const type = mediaType(message);
  if (type === 'application/sdp') return { kind: 'sdp', sdp: body };
  const part = type === 'multipart/mixed' ? sdpPart(message.get('content-type') ?? '', body) : null;
  if (part !== null) return { kind: 'sdp', sdp: part };
  return { kind: 'refused', status: 415, headers: { Accept: acceptedBodies } };
}

/** Lower-case media type without parameters. Some trunks send the field twice; the first one counts. */
export function mediaType(message: SipMessage): string {
  return (message.get('content-type') ?? '').split(/[;,]/, 1)[0]?.trim().toLowerCase() ?? '';
}

/** RFC 2046 §5.1: the first part that is a session description. */
function sdpPart(contentType: string, body: string): string | null {
  const boundary = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;,"]{1,70}))/i.exec(contentType);
  const delimiter = boundary?.[1] ?? boundary?.[2];
  if (delimiter === undefined) return null;
  for (const part of `\r\n${body}`.split(`\r\n--${delimiter}`).slice(1)) {
    const head = part.indexOf('\r\n\r\n');
    if (head >= 0 && /^content-type:\s*application\/sdp\s*(?:;|$)/im.test(part.slice(0, head)))
      return `${part.slice(head + 4)}\r\n`;
  }
  return null;
}

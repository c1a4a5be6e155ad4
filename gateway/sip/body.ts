import type { SipMessage } from './srf-messages.ts';

/** Body types that we take, for the Accept header field. */
export const acceptedBodies = 'application/sdp, multipart/mixed, multipart/alternative, multipart/related';

export type SdpBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'sdp'; readonly sdp: string }
  | { readonly kind: 'refused'; readonly status: 413 | 415; readonly headers: Record<string, string> };

const none: SdpBody = { kind: 'none' };
const unsupported: SdpBody = { kind: 'refused', status: 415, headers: { Accept: acceptedBodies } };

/** Multiparts in multiparts; trunks wrap once. */
const deepest = 3;

/** Finds the session description of a message, alone or as a part of a multipart body (RFC 5621 §3). */
export function sdpBodyOf(message: SipMessage, maxBytes: number): SdpBody {
  const body = message.body ?? '';
  if (body === '') return none;
  if (Buffer.byteLength(body) > maxBytes) return { kind: 'refused', status: 413, headers: {} };
  const encoding = message.get('content-encoding');
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity')
    return { kind: 'refused', status: 415, headers: { 'Accept-Encoding': 'identity' } };
  const type = message.get('content-type') ?? '';
  return read({ type, disposition: message.get('content-disposition') ?? '', body }, deepest);
}

/** Lower-case media type without parameters. Some trunks send the field twice; the first one counts. */
export function mediaType(message: SipMessage): string {
  return typeOf(message.get('content-type') ?? '');
}

function typeOf(contentType: string): string {
  return contentType.split(/[;,]/, 1)[0].trim().toLowerCase();
}

interface Part {
  /** Content-Type. */
  readonly type: string;
  /** Content-Disposition. */
  readonly disposition: string;
  readonly body: string;
}

function read(part: Part, depth: number): SdpBody {
  const type = typeOf(part.type);
  if (type === 'application/sdp') return isSession(part) ? { kind: 'sdp', sdp: part.body } : unneeded(part);
  if (/^multipart\/(?:mixed|alternative|related)$/.test(type) && depth > 0) {
    const parts = partsOf(part);
    if (parts) return readParts(parts, depth);
  }
  return unneeded(part);
}

/** RFC 5621 §8.3: each part stands for itself; the first session description is the offer or answer. */
function readParts(parts: readonly Part[], depth: number): SdpBody {
  let found: SdpBody | null = null;
  for (const part of parts) {
    const one = read(part, depth - 1);
    if (one.kind === 'refused' && isRequired(part)) return one;
    if (one.kind === 'sdp') found ??= one;
  }
  return found ?? unsupported;
}

/** RFC 3261 §20.11: a body that its sender can do without is passed over; all others have to be understood. */
function unneeded({ disposition }: Part): SdpBody {
  return /;\s*handling\s*=\s*"?optional\b/i.test(disposition) ? none : unsupported;
}

/**
 * RFC 3261 §20.11 takes a part without the parameter for required as well. Trunks and phones put ISUP or a location
 * beside their SDP without a word and do not mean it; only who says so is refused.
 */
function isRequired({ disposition }: Part): boolean {
  return /;\s*handling\s*=\s*"?required\b/i.test(disposition);
}

/** RFC 3261 §20.11: `session` is what SDP is for by default. An early-session (RFC 3959) is another one's. */
function isSession({ disposition }: Part): boolean {
  return /^\s*(?:session\s*)?(?:;|$)/i.test(disposition);
}

/** RFC 2046 §5.1; null: no boundary is named. */
function partsOf({ type, body }: Part): Part[] | null {
  const boundary = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;,"]{1,70}))/i.exec(type);
  const delimiter = boundary?.[1] ?? boundary?.[2];
  if (delimiter === undefined) return null;
  const [, ...texts] = `\n${body.replaceAll('\r\n', '\n')}`.split(`\n--${delimiter}`);
  return texts.filter((text) => !text.startsWith('--')).map(readPart);
}

function readPart(text: string): Part {
  // The rest of the delimiter's line comes first.
  const start = text.indexOf('\n') + 1;
  const end = text.indexOf('\n\n', start - 1);
  const head = end < 0 ? text.slice(start) : text.slice(start, end);
  const body = end < 0 ? '' : `${text.slice(end + 2)}\n`.replaceAll('\n', '\r\n');
  const field = (name: string): string =>
    new RegExp(`^${name}:[ \\t]*([^\\n]*(?:\\n[ \\t][^\\n]*)*)`, 'im').exec(head)?.[1].trim() ?? '';
  return { type: field('content-type'), disposition: field('content-disposition'), body };
}

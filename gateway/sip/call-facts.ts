import type { CallFacts, Party } from '../ports.ts';
import { languageOf, verstatOf } from './caller-claims.ts';
import type { SipRequest } from './srf-messages.ts';

const maxHeaderFields = 64;
const maxHeaderChars = 1024;
const maxUriChars = 512;
const maxAddressChars = 2048;

/** Never handed on: credentials. */
const secretHeaders: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'identity']);

const sipUri = /^sips?:(?:([^@\s<>]*)@)?(\[[\da-f:.]{2,45}\]|[^\s:;?@<>[\]]{1,253})(?=[:;?]|$)/i;
const telUri = /^tel:([+\d*#().a-f-]{1,64})(?=;|$)/i;
const quotedName = /^"((?:[^"\\]|\\.)*)"\s*</;

/** By which way a call came. */
export type Way = Pick<CallFacts, 'transport' | 'trunk'>;

/** What an INVITE says of its call. Null: its request-URI or From can't be read. */
export function callFacts(req: SipRequest, way: Way): CallFacts | null {
  const to = readUri(req.uri, '');
  const from = readAddress(req.get('from') ?? '');
  return to && from ? factsOf(req, way, from, to) : null;
}

/** The same of an INVITE that is refused: what can't be read is empty. */
export function factsAtLeast(req: SipRequest, way: Way): CallFacts {
  const from = readAddress(req.get('from') ?? '') ?? unreadable;
  return factsOf(req, way, from, readUri(req.uri, '') ?? unreadable);
}

const unreadable: Party = { uri: '', user: '', host: '', displayName: '' };

/** `to`: the request-URI names who is called; To is only what the caller first typed (RFC 3261 §8.1.1.2). */
function factsOf(req: SipRequest, { transport, trunk }: Way, from: Party, to: Party): CallFacts {
  return {
    protocol: 'sip',
    transport,
    source: { address: req.source_address, port: req.source_port },
    from,
    to,
    trunk,
    wireCallId: req.get('call-id') ?? '',
    headers: boundedHeaders(req.headers),
    verstat: verstatOf((name) => req.get(name), trunk),
    language: languageOf((name) => req.get(name)),
  };
}

/**
 * Reads a From, To or Contact value: `"Name" <sip:…>;tag=…` or a bare URI, whose parameters are the field's
 * (RFC 3261 §20.10). Of a list the first counts. Cuts by hand where an expression could run long.
 */
export function readAddress(value: string): Party | null {
  const text = value.trim();
  if (text.length > maxAddressChars) return null;
  const quoted = text.startsWith('"') ? quotedName.exec(text) : null;
  if (text.startsWith('"') && !quoted) return null;
  const open = quoted ? quoted[0].length - 1 : text.indexOf('<');
  if (open < 0) return readUri(text.split(/[;,]/, 1)[0] ?? '', '');
  const close = text.indexOf('>', open);
  const name = quoted ? quoted[1].replaceAll(/\\(.)/g, '$1') : text.slice(0, open).trim();
  return close < 0 ? null : readUri(text.slice(open + 1, close).trim(), name);
}

/** Reads a `sip:`, `sips:` or `tel:` URI; the user part loses its escapes, password and parameters. */
export function readUri(uri: string, displayName: string): Party | null {
  if (uri.length > maxUriChars) return null;
  const sip = sipUri.exec(uri);
  if (sip) {
    const [, userInfo = '', host = ''] = sip;
    const user = unescaped(userInfo.split(/[:;]/, 1)[0] ?? '');
    return { uri: user === '' ? `sip:${host}` : `sip:${user}@${host}`, user, host, displayName };
  }
  const tel = telUri.exec(uri);
  if (!tel) return null;
  // RFC 3966 §5.1.1: visual separators mean nothing.
  const user = tel[1].replaceAll(/[-.()]/g, '');
  return { uri: `tel:${user}`, user, host: '', displayName };
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function boundedHeaders(headers: SipRequest['headers']): Record<string, string> {
  const kept = Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value.slice(0, maxHeaderChars)] as const)
    .filter(([name]) => !secretHeaders.has(name))
    .slice(0, maxHeaderFields);
  return Object.fromEntries(kept);
}

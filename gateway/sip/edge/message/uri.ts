import { isIPv4, isIPv6 } from 'node:net';
import { SipParseError } from './errors.ts';
import { formatParams, hasUriBreaker, parseNumber, parseParams } from './text.ts';
import type { Params } from './text.ts';

/** RFC 3261 §19.1.1. Texts are as sent, escapes kept; `unescape` makes them readable. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  readonly user?: string;
  readonly password?: string;
  /** IPv6 without brackets. */
  readonly host: string;
  readonly port?: number;
  readonly params: Params;
  readonly headers: ReadonlyMap<string, string>;
}

/** The scheme in lower case; `''` when the text has none. */
export function schemeOf(text: string): string {
  const colon = text.indexOf(':');
  const scheme = colon < 0 ? '' : text.slice(0, colon);
  return /^[a-z][a-z0-9+\-.]*$/i.test(scheme) ? scheme.toLowerCase() : '';
}

/** Throws `SipParseError`: 416 for another scheme than sip and sips, 400 for what is no URI at all. */
export function parseUri(text: string): SipUri {
  const scheme = schemeOf(text);
  if (scheme === '') throw new SipParseError('SIP_URI', 'a URI without a scheme');
  if (scheme !== 'sip' && scheme !== 'sips') {
    throw new SipParseError('SIP_URI', 'a URI of an unknown scheme', 416);
  }
  const uri = readUri(scheme, text.slice(scheme.length + 1));
  if (uri === undefined) throw new SipParseError('SIP_URI', 'a malformed SIP URI');
  return uri;
}

function readUri(scheme: 'sip' | 'sips', rest: string): SipUri | undefined {
  if (hasUriBreaker(rest) || hasBrokenEscape(rest)) return undefined;
  // "@" must be escaped everywhere else; ";" and "?" may well be part of the user (RFC 4475 §3.1.1.9).
  const at = rest.indexOf('@');
  if (at === 0 || at !== rest.lastIndexOf('@')) return undefined;
  const userInfo = at < 0 ? undefined : rest.slice(0, at);
  const [beforeHeaders = '', ...headerTexts] = rest.slice(at + 1).split('?');
  if (headerTexts.length > 1 && headerTexts[0] === '') return undefined;
  const [hostPort = '', ...paramTexts] = beforeHeaders.split(';');
  const place = parseHostPort(hostPort);
  const params = parseParams(paramTexts);
  const headers =
    headerTexts.length === 0 ? new Map<string, string>() : parseUriHeaders(headerTexts.join('?'));
  if (place === undefined || params === undefined || headers === undefined) return undefined;
  const colon = userInfo?.indexOf(':') ?? -1;
  return {
    scheme,
    ...(userInfo !== undefined && { user: colon < 0 ? userInfo : userInfo.slice(0, colon) }),
    ...(userInfo !== undefined && colon >= 0 && { password: userInfo.slice(colon + 1) }),
    ...place,
    params,
    headers,
  };
}

function parseUriHeaders(text: string): Map<string, string> | undefined {
  const headers = new Map<string, string>();
  for (const part of text.split('&')) {
    const equals = part.indexOf('=');
    if (equals <= 0) return undefined;
    headers.set(part.slice(0, equals), part.slice(equals + 1));
  }
  return headers;
}

/** `host`, `host:port`, `[v6]:port`; the host without brackets. Undefined: neither name nor address. */
export function parseHostPort(text: string): { host: string; port?: number } | undefined {
  const bracket = text.startsWith('[') ? text.indexOf(']') : -1;
  const colon = text.indexOf(':', Math.max(bracket, 0));
  const hostText = colon < 0 ? text : text.slice(0, colon);
  // RFC 5118 §4.10: RFC 3261's grammar lets a third colon stand before an embedded IPv4 address.
  const host = bracket < 0 ? hostText : hostText.slice(1, -1).replace(/:::(?=[\d.]+$)/, '::');
  const valid = bracket < 0 ? isHostName(host) : bracket === hostText.length - 1 && isIPv6(host);
  if (!valid) return undefined;
  if (colon < 0) return { host };
  const port = parseNumber(text.slice(colon + 1), 65_535);
  return port === undefined || port === 0 ? undefined : { host, port };
}

/** An underscore is no part of a host name, but of names that devices have. */
function isHostName(text: string): boolean {
  return /^[a-z0-9_.-]+$/i.test(text) && !text.startsWith('.') && (!/^[\d.]+$/.test(text) || isIPv4(text));
}

function hasBrokenEscape(text: string): boolean {
  return /%(?![0-9a-f]{2})/i.test(text);
}

/** A host as it stands in URIs and Via: IPv6 gets its brackets. */
export function formatHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

export function formatUri(uri: SipUri): string {
  const password = uri.password === undefined ? '' : `:${uri.password}`;
  const user = uri.user === undefined ? '' : `${uri.user}${password}@`;
  const port = uri.port === undefined ? '' : `:${uri.port}`;
  const headers = [...uri.headers].map(([name, value]) => `${name}=${value}`).join('&');
  const query = headers === '' ? '' : `?${headers}`;
  return `${uri.scheme}:${user}${formatHost(uri.host)}${port}${formatParams(uri.params)}${query}`;
}

/** `%41` → `A`. Bytes that are no UTF-8 become U+FFFD. */
export function unescape(text: string): string {
  if (!text.includes('%')) return text;
  const bytes: Buffer[] = [];
  for (const part of text.split(/(%[0-9a-f]{2})/i)) {
    const escaped = /^%[0-9a-f]{2}$/i.test(part);
    bytes.push(escaped ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part, 'utf8'));
  }
  return Buffer.concat(bytes).toString('utf8');
}

/** RFC 3261 §19.1.4: parameters that never match when only one of the two URIs has them. */
const decisiveParams = ['user', 'ttl', 'method', 'maddr', 'transport'];

/** RFC 3261 §19.1.4. Not transitive, as the RFC's rule is not. */
export function uriEquals(left: SipUri, right: SipUri): boolean {
  return (
    left.scheme === right.scheme &&
    sameEscaped(left.user, right.user) &&
    sameEscaped(left.password, right.password) &&
    left.host.toLowerCase() === right.host.toLowerCase() &&
    left.port === right.port &&
    sameParams(left.params, right.params) &&
    sameUriHeaders(left.headers, right.headers)
  );
}

function sameEscaped(left: string | undefined, right: string | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return unescape(left) === unescape(right);
}

function sameParams(left: Params, right: Params): boolean {
  if (decisiveParams.some((name) => left.has(name) !== right.has(name))) return false;
  for (const [name, value] of left) {
    const other = right.get(name);
    if (other !== undefined && unescape(value).toLowerCase() !== unescape(other).toLowerCase()) return false;
  }
  return true;
}

function sameUriHeaders(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): boolean {
  const normal = (headers: ReadonlyMap<string, string>): string =>
    [...headers]
      .map(([name, value]) => `${unescape(name).toLowerCase()}=${unescape(value)}`)
      .sort()
      .join('&');
  return normal(left) === normal(right);
}

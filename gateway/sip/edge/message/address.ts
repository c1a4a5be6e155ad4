import { SipParseError } from './errors.ts';
import {
  endOfQuoted,
  formatParams,
  hasUriBreaker,
  parseParams,
  quote,
  splitOutside,
  trimBlank,
  unquote,
} from './text.ts';
import type { Params } from './text.ts';
import { schemeOf } from './uri.ts';

/** From, To, Contact, Route and their like: RFC 3261 §20.10 (name-addr / addr-spec). */
export interface Address {
  /** Without quotes; `''` when there is none. */
  readonly displayName: string;
  /** As sent; `parseUri` takes it apart. `*` in the Contact that removes all bindings. */
  readonly uri: string;
  /** The header's own parameters, not the URI's. */
  readonly params: Params;
}

/** Throws `SipParseError`. Tolerates spaces inside `<>` and display names that should be quoted (RFC 4475 §3.1.2). */
export function parseAddress(text: string): Address {
  const address = readAddress(trimBlank(text));
  if (address === undefined) throw new SipParseError('SIP_ADDRESS', 'a malformed address');
  return address;
}

function readAddress(text: string): Address | undefined {
  if (text === '*') return { displayName: '', uri: '*', params: new Map() };
  const nameEnd = text.startsWith('"') ? endOfQuoted(text, 0) : 0;
  if (nameEnd < 0) return undefined;
  const open = text.indexOf('<', nameEnd);
  const semicolon = text.indexOf(';', nameEnd);
  if (open < 0 || (semicolon >= 0 && semicolon < open)) return nameEnd > 0 ? undefined : readAddrSpec(text);
  const close = text.indexOf('>', open);
  if (close < 0) return undefined;
  const name = trimBlank(text.slice(0, open));
  // Nothing but blanks may stand between a quoted name and "<".
  if (nameEnd > 0 ? name.length > nameEnd : name.includes('"')) return undefined;
  return withParams(unquote(name), trimBlank(text.slice(open + 1, close)), text.slice(close + 1));
}

/** RFC 3261 §20.10: without `<>` all parameters are the header's, and "?" and "," may not be in the URI. */
function readAddrSpec(text: string): Address | undefined {
  const end = text.indexOf(';');
  const uri = trimBlank(end < 0 ? text : text.slice(0, end));
  if (/[?,]/.test(uri)) return undefined;
  return withParams('', uri, end < 0 ? '' : text.slice(end));
}

function withParams(displayName: string, uri: string, rest: string): Address | undefined {
  if (schemeOf(uri) === '' || hasUriBreaker(uri)) return undefined;
  const [before, ...parts] = splitOutside(rest, ';');
  const params = parseParams(parts);
  return before === '' && params !== undefined ? { displayName, uri, params } : undefined;
}

export function formatAddress(address: Address): string {
  if (address.uri === '*') return '*';
  const name = address.displayName === '' ? '' : `${quote(address.displayName)} `;
  return `${name}<${address.uri}>${formatParams(address.params)}`;
}

/** The tag of a From or To; undefined when it has none or can't be read. */
export function tagOf(text: string | undefined): string | undefined {
  const tag = text === undefined ? undefined : readAddress(trimBlank(text))?.params.get('tag');
  return tag === '' ? undefined : tag;
}

/** A From or To with this tag in place of any other. */
export function withTag(text: string, tag: string): string {
  const address = parseAddress(text);
  if (!address.params.has('tag')) return `${trimBlank(text)};tag=${tag}`;
  return formatAddress({ ...address, params: new Map(address.params).set('tag', tag) });
}

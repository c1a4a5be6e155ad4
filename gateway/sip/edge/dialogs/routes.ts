import { parseAddress } from '../message/address.ts';
import { SipParseError } from '../message/errors.ts';
import type { Headers } from '../message/headers.ts';
import { formatUri, parseUri } from '../message/uri.ts';

/** RFC 3261 §12.1.1: the callee keeps the proxies in the order of the request … */
export function calleeRoutes(request: { readonly headers: Headers }): string[] {
  return readable(request.headers.getAll('Record-Route'));
}

/** … the caller (§12.1.2) in the reverse order of the response. */
export function callerRoutes(response: { readonly headers: Headers }): string[] {
  return readable(response.headers.getAll('Record-Route').reverse());
}

/** With a proxy that can't be named the others are of no use either; the target may be reachable directly. */
function readable(routes: string[]): string[] {
  return routes.every((value) => isReadable(value)) ? routes : [];
}

function isReadable(value: string): boolean {
  try {
    parseUri(parseAddress(value).uri);
    return true;
  } catch (error) {
    if (error instanceof SipParseError) return false;
    throw error;
  }
}

export interface Routed {
  readonly uri: string;
  /** Values of Route, in order. */
  readonly routes: readonly string[];
  /** The URI whose host gets the request. */
  readonly nextHop: string;
}

/** RFC 3261 §12.2.1.1: how a request to `target` travels along a route set, loose or strict. */
export function route(target: string, routeSet: readonly string[]): Routed {
  if (routeSet.length === 0) return { uri: target, routes: [], nextHop: target };
  const [first, ...rest] = routeSet;
  const firstUri = parseAddress(first).uri;
  const parsed = parseUri(firstUri);
  if (parsed.params.has('lr')) return { uri: target, routes: routeSet, nextHop: firstUri };
  // A strict router finds itself in the Request-URI, less what may not stand there (§19.1.1), and the target last.
  const params = new Map([...parsed.params].filter(([name]) => name !== 'method'));
  const uri = formatUri({ ...parsed, params, headers: new Map() });
  return { uri, routes: [...rest, `<${target}>`], nextHop: uri };
}

/** The URI of the first Contact; undefined: none that could be called. */
export function usableContact(message: { readonly headers: Headers }): string | undefined {
  const contact = message.headers.get('Contact');
  if (contact === undefined) return undefined;
  try {
    const { uri } = parseAddress(contact);
    parseUri(uri);
    return uri;
  } catch (error) {
    if (error instanceof SipParseError) return undefined;
    throw error;
  }
}

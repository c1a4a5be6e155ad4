import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { parseAddress } from '../message/address.ts';
import type { SipRequest } from '../message/types.ts';
import { parseUri } from '../message/uri.ts';
import type { SipUri } from '../message/uri.ts';
import { defaultPort } from './routing.ts';
import { TransportError } from './types.ts';
import type { Peer } from './types.ts';

/** Finds the address of a host name. */
export type LookUp = (host: string) => Promise<string>;

const systemLookUp: LookUp = async (host) => (await lookup(host)).address;

/** RFC 3261 §8.1.2: the first Route, else the Request-URI. */
export function nextHopOf(request: SipRequest): string {
  const route = request.headers.get('Route');
  return route === undefined ? request.uri : parseAddress(route).uri;
}

/**
 * The peer that a URI leads to: the part of RFC 3263 that needs no SRV or NAPTR (§4: an explicit transport and
 * port, else UDP and 5060). Throws `SipParseError` for what is no SIP URI, else `TransportError`.
 */
export async function resolveTarget(target: SipUri | string, lookUp: LookUp = systemLookUp): Promise<Peer> {
  const uri = typeof target === 'string' ? parseUri(target) : target;
  const transport = uri.params.get('transport')?.toLowerCase() ?? 'udp';
  if (uri.scheme === 'sips' || (transport !== 'udp' && transport !== 'tcp')) {
    throw new TransportError('TRANSPORT_UNSUPPORTED', 'a transport that is neither UDP nor TCP');
  }
  const host = (uri.params.get('maddr') ?? uri.host).replace(/^\[(.*)\]$/, '$1');
  return { transport, address: await addressOf(host, lookUp), port: uri.port ?? defaultPort };
}

async function addressOf(host: string, lookUp: LookUp): Promise<string> {
  if (isIP(host) > 0) return host;
  try {
    return await lookUp(host);
  } catch (error) {
    throw new TransportError('TRANSPORT_NAME_NOT_FOUND', 'a host name without an address', undefined, error);
  }
}

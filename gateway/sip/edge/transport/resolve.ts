import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { parseUri } from '../message/uri.ts';
import type { SipUri } from '../message/uri.ts';
import { defaultPort } from './routing.ts';
import { TransportError } from './types.ts';
import type { Peer } from './types.ts';

/** Finds the address of a host name. */
export type LookUp = (host: string) => Promise<string>;

/** IPv4 first: that is what edges are bound to, and "localhost" means both. */
const systemLookUp: LookUp = async (host) => (await lookup(host, { order: 'ipv4first' })).address;

/** The system's own patience with a dead name server is longer than a caller's. */
const lookUpDeadlineMs = 5_000;

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
    return await inTime(lookUp(host));
  } catch (error) {
    if (error instanceof TransportError) throw error;
    throw new TransportError('TRANSPORT_NAME_NOT_FOUND', 'a host name without an address', undefined, error);
  }
}

function inTime(address: Promise<string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new TransportError('TRANSPORT_TIMEOUT', 'the name server did not answer in time'));
    }, lookUpDeadlineMs);
    address.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

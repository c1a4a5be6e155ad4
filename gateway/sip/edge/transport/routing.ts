import { isIPv4, isIPv6 } from 'node:net';
import { SipParseError } from '../message/errors.ts';
import type { SipRequest, SipResponse } from '../message/types.ts';
import { formatHost } from '../message/uri.ts';
import { formatVia, parseVia, receivedOf } from '../message/via.ts';
import type { Via } from '../message/via.ts';
import { isStream, isWebSocket, kinds } from './kinds.ts';
import type { LocalAddress, Peer, TransportName } from './types.ts';

/**
 * RFC 3261 §18.2.1 and RFC 3581 §4: writes into the top Via where the request really came from; what its sender wrote
 * there itself does not count. Throws `SipParseError` when that Via can't be read.
 */
export function stampVia(request: SipRequest, from: Peer): void {
  const top = request.headers.get('Via');
  if (top === undefined) throw new SipParseError('SIP_VIA', 'no Via', 400, request);
  const via = parseVia(top);
  const params = new Map(via.params);
  const wantsPort = params.has('rport');
  params.delete('received');
  if (wantsPort) params.set('rport', String(from.port));
  if (wantsPort || via.host.toLowerCase() !== from.address.toLowerCase())
    params.set('received', from.address);
  request.headers.replaceFirst('Via', formatVia({ ...via, params }));
}

/**
 * Where a response goes: RFC 3261 §18.2.2, RFC 3581 §4. `from` is the peer that the request came from; it also
 * answers for a Via that can't be read. `maddr` counts for multicast, which it was made for: a stranger may not have
 * answers sent to whom he likes.
 */
export function responseDestination(response: SipResponse, from: Peer): Peer {
  const via = readTopVia(response);
  if (via === undefined) return from;
  // RFC 7118 §5.2.1: what its Via names is no place to connect to.
  if (isWebSocket(from.transport)) return from;
  const address = receivedOf(via) ?? from.address;
  const port = via.port ?? kinds[from.transport].defaultPort;
  if (from.transport === 'tls') return { ...from, address, port, domain: via.host };
  if (isStream(from.transport)) return { ...from, address, port };
  const maddr = via.params.get('maddr') ?? '';
  if (isMulticast(maddr)) return { transport: 'udp', address: maddr, port };
  return { transport: 'udp', address, port: Number(via.params.get('rport') ?? '') || port };
}

function isMulticast(address: string): boolean {
  return isIPv4(address) ? /^2(?:2[4-9]|3\d)\./.test(address) : isIPv6(address) && /^ff/i.test(address);
}

function readTopVia(response: SipResponse): Via | undefined {
  try {
    return parseVia(response.headers.get('Via') ?? '');
  } catch {
    return undefined;
  }
}

/** A Via value for a request of ours. `rport` asks for symmetric answers (RFC 3581 §3). */
export function viaFor(
  local: Omit<LocalAddress, 'transport'>,
  transport: TransportName,
  branch: string,
): string {
  const port = local.port === kinds[transport].defaultPort ? '' : `:${local.port}`;
  return `SIP/2.0/${transport.toUpperCase()} ${formatHost(local.address)}${port};branch=${branch};rport`;
}

/** The same request for another transport: only its top Via differs (RFC 3261 §18.1.1). */
export function withViaTransport(request: SipRequest, transport: TransportName): SipRequest {
  const top = request.headers.get('Via');
  if (top === undefined) return request;
  const headers = request.headers.clone();
  headers.replaceFirst('Via', formatVia({ ...parseVia(top), transport: transport.toUpperCase() }));
  return { ...request, headers };
}

import { TransportError } from './types.ts';
import type { Peer, TransportErrorCode } from './types.ts';

const codes: Readonly<Partial<Record<string, TransportErrorCode>>> = {
  ECONNREFUSED: 'TRANSPORT_REFUSED',
  EHOSTUNREACH: 'TRANSPORT_UNREACHABLE',
  ENETUNREACH: 'TRANSPORT_UNREACHABLE',
  EADDRNOTAVAIL: 'TRANSPORT_UNREACHABLE',
  EINVAL: 'TRANSPORT_UNREACHABLE',
  ETIMEDOUT: 'TRANSPORT_TIMEOUT',
  EMSGSIZE: 'TRANSPORT_TOO_LARGE',
  EADDRINUSE: 'TRANSPORT_PORT_IN_USE',
  ERR_SOCKET_DGRAM_NOT_RUNNING: 'TRANSPORT_CLOSED',
};

const sentences: Readonly<Record<TransportErrorCode, string>> = {
  TRANSPORT_REFUSED: 'nobody listens there',
  TRANSPORT_UNREACHABLE: 'no way leads there',
  TRANSPORT_LOST: 'the connection broke',
  TRANSPORT_TIMEOUT: 'the peer did not take the connection in time',
  TRANSPORT_OVERLOADED: 'too much waits for the peer, or too many connections are open',
  TRANSPORT_TOO_LARGE: 'a message too large for a datagram',
  TRANSPORT_NAME_NOT_FOUND: 'a host name without an address',
  TRANSPORT_UNSUPPORTED: 'a transport that is not open here',
  TRANSPORT_UNTRUSTED: 'TLS failed, or the certificate does not say who is to be reached',
  TRANSPORT_PORT_IN_USE: 'the port is in use',
  TRANSPORT_CLOSED: 'the transport is closed',
};

/** The system's error in our words; what has no word of its own is a lost connection. */
export function failureOf(error: unknown, peer?: Peer): TransportError {
  if (error instanceof TransportError) return error;
  const systemCode = error instanceof Error && 'code' in error ? String(error.code) : '';
  return failure(codes[systemCode] ?? 'TRANSPORT_LOST', peer, error);
}

export function failure(code: TransportErrorCode, peer?: Peer, cause?: unknown): TransportError {
  return new TransportError(code, sentences[code], peer, cause);
}

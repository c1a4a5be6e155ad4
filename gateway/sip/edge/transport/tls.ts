import { once } from 'node:events';
import { isIP } from 'node:net';
import { connect, createServer } from 'node:tls';
import type { Server, TLSSocket } from 'node:tls';
import { contextOf } from './certificates.ts';
import type { CertificateSource, TlsMaterial } from './certificates.ts';
import { StreamEndpoint } from './endpoint.ts';
import type { StreamEvents, StreamSetup } from './endpoint.ts';
import { failure } from './failures.ts';
import { listen } from './listen.ts';
import { certifiedNames, certifies } from './peer-names.ts';
import { closer, dialTcp, sourceOf } from './tcp.ts';
import type { StreamTransport } from './tcp.ts';
import { TransportError } from './types.ts';
import type { Peer, TlsOptions, TransportCounters } from './types.ts';

/** SIP over TLS (RFC 3261 §26.3.1, RFC 5922). Throws `TransportError`. */
export async function openTls(
  options: TlsOptions,
  certificates: CertificateSource,
  setup: StreamSetup,
  events: StreamEvents,
): Promise<StreamTransport> {
  const { counters, tuning, address } = setup;
  const endpoint = new StreamEndpoint('tls', setup, events, async (peer, signal) => {
    const { socket, names } = await dialTls(peer, address, certificates.current, signal);
    return { socket, names };
  });
  const server = createServer({
    ...contextOf(certificates.current),
    handshakeTimeout: tuning.handshakeMs,
    requestCert: options.clients !== 'off',
    rejectUnauthorized: options.clients === 'require',
  });
  server.on('secureConnection', (socket) => {
    const from = sourceOf(socket);
    if (from === undefined) return;
    const names = socket.authorized ? namesOf(socket) : [];
    endpoint.addSocket(socket, { ...from, ...(names.length > 0 && { certifiedNames: names }) });
  });
  countFailures(server, counters);
  const listener = await listen(server, options.port, setup);
  // Connections that are up go on as they are.
  const stop = certificates.onReload((outcome) => {
    if (outcome === 'reloaded') server.setSecureContext(contextOf(certificates.current));
  });
  const close = closer(endpoint, listener);
  return {
    port: listener.port,
    endpoint,
    close: () => {
      stop();
      return close();
    },
  };
}

/** Of handshakes. Node.js tells of one that takes too long, but leaves its socket to us. */
export function countFailures(server: Server, counters: TransportCounters): void {
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT') counters.handshakesStalled += 1;
    else counters.handshakesFailed += 1;
    socket.destroy();
  });
}

function namesOf(socket: TLSSocket): string[] {
  return certifiedNames(socket.getPeerCertificate().subjectaltname);
}

/** RFC 5922 §7.3: the peer must prove that it is the domain that was resolved. */
async function dialTls(
  peer: Peer,
  bound: string,
  material: TlsMaterial,
  signal: AbortSignal,
): Promise<{ socket: TLSSocket; names: string[] }> {
  const domain = peer.domain ?? peer.address;
  const raw = await dialTcp(peer, bound, signal);
  const socket = connect({
    ...contextOf(material),
    socket: raw,
    // RFC 6066 §3: addresses are no server names.
    ...(isIP(domain) === 0 && { servername: domain }),
    // Checked below: by SIP's rules, not by the web's.
    checkServerIdentity: () => undefined,
  });
  try {
    await once(socket, 'secureConnect', { signal });
    const names = namesOf(socket);
    if (certifies(names, domain)) return { socket, names };
    throw failure('TRANSPORT_UNTRUSTED', peer, new Error('the certificate bears other names'));
  } catch (error) {
    socket.destroy();
    raw.destroy();
    throw signal.aborted || error instanceof TransportError
      ? error
      : failure('TRANSPORT_UNTRUSTED', peer, error);
  }
}

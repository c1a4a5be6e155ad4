import { defaultLimits } from '../message/types.ts';
import type { SipMessage } from '../message/types.ts';
import type { SipParseError } from '../message/errors.ts';
import { silentLog } from '../log.ts';
import type { CertificateSource } from './certificates.ts';
import { newCounters } from './counters.ts';
import type { StreamEvents, StreamSetup } from './endpoint.ts';
import { failure } from './failures.ts';
import type { StreamName } from './kinds.ts';
import { Receiver } from './receiver.ts';
import { SipTransport } from './sip-transport.ts';
import { SourceLimits } from './source-limits.ts';
import { answerStun, isStun } from './stun.ts';
import { openTcp } from './tcp.ts';
import { openTls } from './tls.ts';
import { TransportError } from './types.ts';
import type { Peer, Transport, TransportCounters, TransportOptions, TransportTuning } from './types.ts';
import { UdpEndpoint } from './udp.ts';
import { openWs, openWss } from './ws.ts';

export const defaultTuning: TransportTuning = {
  maxUdpRequestBytes: 1_300,
  connectTimeoutMs: 4_000,
  // The longest call (`calls.maxDurationMinutes`, a day unless configured), and a day more.
  idleMs: 172_800_000,
  silentMs: 60_000,
  partialMs: 10_000,
  withoutTcpMs: 600_000,
  maxConnections: 4_096,
  maxConnectionsPerAddress: 1_024,
  maxSendBacklogBytes: 1_048_576,
  handshakeMs: 10_000,
  pingMs: 30_000,
  maxMessageRate: 50,
  maxMessageBurst: 200,
};

/** A free number must be free for TCP and for UDP; this often another is tried. */
const freePortTries = 20;

/** Binds what is asked for to one address. Throws `TransportError`; when a port is used it names it. */
export async function openTransport(options: TransportOptions): Promise<Transport> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await openOnce(options);
    } catch (error) {
      const used = error instanceof TransportError && error.code === 'TRANSPORT_PORT_IN_USE';
      if (!used || options.port !== 0 || attempt === freePortTries) throw error;
    }
  }
}

async function openOnce(options: TransportOptions): Promise<Transport> {
  const { address } = options;
  const counters = newCounters();
  const limits = options.limits ?? defaultLimits;
  const tuning = { ...defaultTuning, ...options.tuning };
  const receiver = new Receiver({ handlers: options, counters, limits });
  const transport = new SipTransport(address, counters, tuning);
  const sources = new SourceLimits({
    inAll: tuning.maxConnections,
    perAddress: tuning.maxConnectionsPerAddress,
  });
  const setup: StreamSetup = { address, limits, tuning, counters, sources };
  const onPeerError = peerErrors(options, counters);
  const events = (name: StreamName): StreamEvents => ({
    onMessage: (message: SipMessage, from: Peer) =>
      receiver.takeMessage(message, from, transport.localOf(name)),
    onInvalid: (error: SipParseError, from: Peer) =>
      receiver.takeInvalid(error, from, transport.localOf(name)),
    onPeerError,
  });
  try {
    const tcp = await named(address, options.port, openTcp(options.port, setup, events('tcp')));
    transport.add('tcp', tcp);
    const udp: UdpEndpoint = await named(
      address,
      tcp.port,
      UdpEndpoint.open(address, tcp.port, {
        onDatagram: (datagram, from) => {
          // Linux hands them on, and nobody can answer them.
          if (from.port === 0) counters.garbage += 1;
          else if (isStun(datagram)) stun(udp, datagram, from, counters);
          else receiver.takeDatagram(datagram, from, transport.localOf('udp'));
        },
        onPeerError,
      }),
    );
    transport.addUdp(udp);
    await openMore(options, transport, setup, events);
    return transport;
  } catch (error) {
    await transport.close();
    throw error;
  }
}

/** Those that are not SIP's own (RFC 3261 §18: everybody has UDP and TCP). */
async function openMore(
  { address, tls, ws, wss, certificates }: TransportOptions,
  transport: SipTransport,
  setup: StreamSetup,
  events: (name: StreamName) => StreamEvents,
): Promise<void> {
  if ((tls ?? wss) !== undefined && certificates === undefined)
    throw failure('TRANSPORT_UNSUPPORTED', undefined, new Error('TLS without a certificate'));
  if (tls !== undefined && certificates !== undefined)
    transport.add('tls', await named(address, tls.port, openTls(tls, certificates, setup, events('tls'))));
  if (ws !== undefined)
    transport.add('ws', await named(address, ws.port, openWs(ws, { setup, events: events('ws') })));
  if (wss !== undefined && certificates !== undefined) {
    const opening = openWss(wss, certificates, { setup, events: events('wss') });
    transport.add('wss', await named(address, wss.port, opening));
  }
  if (certificates !== undefined) transport.onClose(countReloads(certificates, setup.counters));
}

function countReloads(certificates: CertificateSource, counters: TransportCounters): () => void {
  return certificates.onReload((outcome) => {
    if (outcome === 'reloaded') counters.certificatesReloaded += 1;
    else counters.certificateReloadsFailed += 1;
  });
}

/** A port that is in use is named. */
async function named<T>(address: string, port: number, opening: Promise<T>): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    if (!(error instanceof TransportError) || error.code !== 'TRANSPORT_PORT_IN_USE') throw error;
    throw new TransportError(error.code, `${address} port ${port} is in use`, undefined, error);
  }
}

function peerErrors(
  { onPeerError, log = silentLog }: TransportOptions,
  counters: TransportCounters,
): TransportOptions['onPeerError'] {
  return (peer, error) => {
    // A connection that its peer simply closed has no cause.
    if (error.cause !== undefined) counters.peerErrors += 1;
    if (error.code === 'TRANSPORT_OVERLOADED')
      log.warn(
        { transport: peer.transport, source: peer.address },
        'connection closed, it floods or does not read',
      );
    onPeerError(peer, error);
  };
}

/** Lost answers are asked for again. */
function stun(udp: UdpEndpoint, request: Buffer, from: Peer, counters: TransportCounters): void {
  const answer = answerStun(request, from);
  if (answer === undefined) {
    counters.garbage += 1;
    return;
  }
  counters.stunAnswered += 1;
  udp.answer(answer, from);
}

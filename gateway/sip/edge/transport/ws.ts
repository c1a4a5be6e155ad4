import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { contextOf } from './certificates.ts';
import type { CertificateSource } from './certificates.ts';
import { StreamEndpoint } from './endpoint.ts';
import type { StreamEvents, StreamSetup } from './endpoint.ts';
import { listen } from './listen.ts';
import { originAllowed } from './origins.ts';
import { closer, sourceOf } from './tcp.ts';
import type { StreamTransport } from './tcp.ts';
import { countFailures } from './tls.ts';
import type { WebSocketOptions } from './types.ts';
import { WebSocketConnection } from './ws-connection.ts';

/** RFC 7118 §4.1. */
const subProtocol = 'sip';

/** A browser's opening request has a cookie or two. */
const maxHeaderBytes = 8_192;

interface Fixed {
  readonly setup: StreamSetup;
  readonly events: StreamEvents;
}

/** SIP over WebSocket (RFC 7118). Throws `TransportError`. */
export function openWs(options: WebSocketOptions, fixed: Fixed): Promise<StreamTransport> {
  const endpoint = new StreamEndpoint('ws', fixed.setup, fixed.events);
  return open(endpoint, createHttpServer(httpOptions(fixed.setup)), options, fixed.setup);
}

/** … over TLS. No client certificate is asked for: a browser would have its user choose one. */
export async function openWss(
  options: WebSocketOptions,
  certificates: CertificateSource,
  fixed: Fixed,
): Promise<StreamTransport> {
  const { setup, events } = fixed;
  const server = createHttpsServer({
    ...httpOptions(setup),
    ...contextOf(certificates.current),
    handshakeTimeout: setup.tuning.handshakeMs,
  });
  countFailures(server, setup.counters);
  const transport = await open(new StreamEndpoint('wss', setup, events), server, options, setup);
  const stop = certificates.onReload((outcome) => {
    if (outcome === 'reloaded') server.setSecureContext(contextOf(certificates.current));
  });
  return {
    ...transport,
    close: () => {
      stop();
      return transport.close();
    },
  };
}

function httpOptions({ tuning }: StreamSetup) {
  const { handshakeMs } = tuning;
  return {
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: handshakeMs,
    requestTimeout: handshakeMs,
    connectionsCheckingInterval: Math.min(1_000, handshakeMs),
  };
}

async function open(
  endpoint: StreamEndpoint,
  server: HttpServer,
  options: WebSocketOptions,
  setup: StreamSetup,
): Promise<StreamTransport> {
  const { counters, limits } = setup;
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: limits.maxMessageBytes,
    maxFragments: 128,
    perMessageDeflate: false,
    handleProtocols: () => subProtocol,
  });
  server.on('request', (_request, response) => {
    // Nothing but WebSockets here; a browser that a person sends to this port is told so.
    response.writeHead(426, { upgrade: 'websocket', connection: 'close', 'content-type': 'text/plain' });
    response.end('SIP over WebSocket (RFC 7118) only.\n');
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal = refusalOf(request, options.origins);
    if (refusal !== undefined) {
      if (refusal.status === 403) counters.originsRefused += 1;
      else counters.handshakesFailed += 1;
      refuse(socket, refusal);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const from = sourceOf(request.socket);
      if (from === undefined) ws.terminate();
      else
        endpoint.add(
          from,
          (peer, events) => new WebSocketConnection(ws, request.socket, peer, setup, events),
        );
    });
  });
  sockets.on('wsClientError', (_error, socket: Duplex) => {
    counters.handshakesFailed += 1;
    refuse(socket, { status: 400, text: 'no WebSocket opening that can be understood' });
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const { code = '' } = error;
    // Failures of TLS come here as well; they have been counted.
    if (!/^(?:HPE_|ERR_HTTP_)/.test(code)) {
      socket.destroy();
      return;
    }
    if (code === 'ERR_HTTP_REQUEST_TIMEOUT') counters.handshakesStalled += 1;
    else counters.handshakesFailed += 1;
    refuse(socket, { status: 400, text: 'no HTTP request that can be understood' });
  });
  const listener = await listen(server, options.port, setup);
  return { port: listener.port, endpoint, close: closer(endpoint, listener) };
}

interface Refusal {
  readonly status: number;
  readonly text: string;
}

function refusalOf({ headers }: IncomingMessage, origins: readonly string[]): Refusal | undefined {
  if (!originAllowed(headers.origin, headers.host, origins))
    return { status: 403, text: 'pages of this origin may not call here: list it in sip.origins' };
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  // RFC 7118 §4.1: a client that offers no SIP would not understand it either.
  return offered.includes(subProtocol) ? undefined : { status: 400, text: 'the sub-protocol sip is missing' };
}

const phrases: Readonly<Record<number, string>> = { 400: 'Bad Request', 403: 'Forbidden' };

function refuse(socket: Duplex, { status, text }: Refusal): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = `${text}\n`;
  socket.on('error', () => undefined);
  socket.end(
    `HTTP/1.1 ${status} ${phrases[status] ?? ''}\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

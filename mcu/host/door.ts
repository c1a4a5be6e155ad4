import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import type { RawData, WebSocket } from 'ws';
import type { Launch } from '../control/line.ts';
import type { Log } from '../ports.ts';
import { gatewayHello, isProof, messageIn, newNonce, proofOf, spokenWords } from './greeting.ts';
import { Seats } from './seats.ts';
import { Strangers } from './strangers.ts';
import { Visit } from './visit.ts';

export interface MediaHostOptions {
  /** Address and port that gateways connect to; port 0: any. */
  readonly listen: { readonly host: string; readonly port: number };
  /** PEM; null: WebSockets are not encrypted. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  readonly secret: string;
  /** Makes each media node's process. */
  readonly launch: Launch;
  /** What a process is started with, of what the gateway says and what this machine knows; rejects in words. */
  readonly start: (wanted: unknown) => Promise<object>;
  readonly log: Log;
  /** How long a gateway may be silent until its media node is ended, ms. Default 10 s: then it has given up its calls. */
  readonly answerMs?: number;
}

/** From a gateway: all that is said of a leg at once, with room for more. */
const longestMessage = 1024 * 1024;
const greetMs = 5000;
/** What a wrong secret costs. */
const refusedAfterMs = 1000;
/** RFC 6455 §7.4.1 */
const policyViolation = 1008;
/** A gateway with a wrong secret comes again and again, and its line is read once. */
const saidAgainAfterMs = 60_000;
const mostSaid = 64;

/** A machine's door for gateways: each connection that knows the secret is given a media node of its own. */
export class MediaHost {
  readonly #options: MediaHostOptions;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: longestMessage,
    perMessageDeflate: false,
  });
  readonly #seats = new Seats<Visit>();
  readonly #visits = new Set<Visit>();
  readonly #strangers = new Strangers();
  readonly #saidMs = new Map<string, number>();
  #closing: Promise<void> | null = null;

  private constructor(options: MediaHostOptions) {
    this.#options = options;
    const { tls } = options;
    this.#server = tls ? createSecureServer({ ...tls, minVersion: 'TLSv1.2' }, answer) : createServer(answer);
    this.#server.headersTimeout = greetMs;
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Resolves when it listens. */
  static async open(options: MediaHostOptions): Promise<MediaHost> {
    const host = new MediaHost(options);
    await new Promise<void>((resolve, reject) => {
      host.#server.once('error', reject).listen(options.listen, resolve);
    });
    return host;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends all media nodes. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#shut();
    return this.#closing;
  }

  async #shut(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    await Promise.all([...this.#visits].map((visit) => visit.leave()));
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    await closed;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => undefined);
    const address = request.socket.remoteAddress ?? '';
    if (request.url !== '/') {
      refuse(socket, '404 Not Found');
      return;
    }
    const known = this.#closing ? null : this.#strangers.enter(address);
    if (!known) {
      refuse(socket, '503 Service Unavailable');
      return;
    }
    socket.once('close', known);
    this.#sockets.handleUpgrade(request, socket, head, (ws) => {
      ws.on('error', () => undefined);
      void this.#greet(ws, address, known);
    });
  }

  async #greet(ws: WebSocket, address: string, known: () => void): Promise<void> {
    const { secret, log } = this.#options;
    const words = spokenWords();
    const hostNonce = newNonce();
    const answered = firstMessage(ws);
    ws.send(JSON.stringify({ hello: { words, nonce: hostNonce } }));
    const hello = gatewayHello.safeParse(await answered).data?.hello;
    if (!hello) {
      this.#say(address, 'somebody who is no gateway was sent away');
      ws.terminate();
      return;
    }
    const greeted = { words: hello.words, hostNonce, gatewayNonce: hello.nonce, seat: hello.seat };
    if (!isProof(hello.proof, proofOf(secret, 'gateway', greeted))) {
      this.#say(
        address,
        'a gateway with another secret was refused: set the same MEDIA_HOST_SECRET there and here',
      );
      await sleep(refusedAfterMs);
      refuseGateway(ws, 'secret');
    } else if (hello.words !== words) {
      this.#say(address, 'a gateway of another version was refused: bring both to the same one');
      refuseGateway(ws, 'words');
    } else if (this.#closing) ws.terminate();
    else {
      ws.send(JSON.stringify({ welcome: { proof: proofOf(secret, 'host', greeted) } }));
      known();
      log.info({ gateway: address }, 'gateway is here');
      this.#receive(ws, address, hello.seat);
    }
  }

  #receive(ws: WebSocket, address: string, seat: string): void {
    const { launch, start, log, answerMs = 10_000 } = this.#options;
    const visit = new Visit(ws, {
      seat,
      launch,
      start,
      seats: this.#seats,
      log: log.child({ gateway: address }),
      answerMs,
    });
    this.#visits.add(visit);
    void visit.over.then(() => this.#visits.delete(visit));
  }

  #say(address: string, sentence: string): void {
    const key = `${address} ${sentence}`;
    const now = performance.now();
    if (now - (this.#saidMs.get(key) ?? -Infinity) < saidAgainAfterMs) return;
    if (this.#saidMs.size >= mostSaid) this.#saidMs.clear();
    this.#saidMs.set(key, now);
    this.#options.log.warn({ from: address }, sentence);
  }
}

/** Null: none came in time, or what came is none. */
function firstMessage(ws: WebSocket): Promise<object | null> {
  return new Promise((resolve) => {
    const settle = (message: object | null) => {
      clearTimeout(timer);
      ws.off('message', take).off('close', gone);
      resolve(message);
    };
    const take = (data: RawData, isBinary: boolean) => settle(messageIn(data, isBinary));
    const gone = () => settle(null);
    const timer = setTimeout(gone, greetMs);
    ws.on('message', take).on('close', gone);
  });
}

function refuseGateway(ws: WebSocket, why: 'secret' | 'words'): void {
  ws.send(JSON.stringify({ refused: why }));
  ws.close(policyViolation);
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** For health checks. */
const answer: RequestListener = (request, response) => {
  const isHealth = request.method === 'GET' && request.url === '/healthz';
  response.writeHead(isHealth ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ status: isHealth ? 'ok' : 'not found' }));
};

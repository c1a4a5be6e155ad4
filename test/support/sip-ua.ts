/**
 * A SIP user agent for tests, over any transport. It shares no code with the product, so that both can't be wrong in
 * the same way, and it does nothing by itself: no retransmission, no automatic answer. Tests say each step.
 */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { Socket as UdpSocket } from 'node:dgram';
import { createConnection, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { WebSocket } from 'ws';
import type { Issued } from './certificates.ts';
import { cseqMethod, parseText } from './sip-text.ts';
import type { SipText } from './sip-text.ts';
import { UaCall, waitMs } from './ua-call.ts';
import type { RequestOptions } from './ua-call.ts';

export { cseqMethod, parseText, plainSdp } from './sip-text.ts';
export type { SipText } from './sip-text.ts';
export { UaCall } from './ua-call.ts';
export type { RequestOptions } from './ua-call.ts';

const random = (bytes = 6): string => randomBytes(bytes).toString('hex');

export type UaTransport = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';

export interface UaOptions {
  readonly transport?: UaTransport;
  /** Port of the server that requests go to, on `host`. */
  readonly serverPort: number;
  readonly user?: string;
  /** Ours and the server's; default 127.0.0.1. */
  readonly host?: '127.0.0.1' | '::1';
  /** Whom to believe, over TLS and WSS. */
  readonly ca?: string;
  /** Over TLS: what we show, as client and as server; without one nobody can call. */
  readonly identity?: Issued;
}

interface Waiter {
  readonly matches: (message: SipText) => boolean;
  readonly resolve: (message: SipText) => void;
}

export class SipUa {
  readonly transport: UaTransport;
  readonly user: string;
  /** As it stands in URIs. */
  readonly host: string;
  /** All that came, in order. */
  readonly log: SipText[] = [];
  readonly #options: UaOptions;
  readonly #waiters = new Set<Waiter>();
  readonly #sockets = new Set<Socket>();
  /** Came, and nobody has asked for it yet. */
  #unread: SipText[] = [];
  #udp: UdpSocket | undefined;
  #tcpServer: Server | undefined;
  #tcp: Socket | undefined;
  #ws: WebSocket | undefined;
  #closed = false;

  private constructor(options: UaOptions) {
    this.transport = options.transport ?? 'udp';
    this.user = options.user ?? 'ua';
    this.#options = options;
    const address = options.host ?? '127.0.0.1';
    // RFC 7118 §5.2.1: a browser has no address of its own.
    if (this.#isWeb) this.host = `${random()}.invalid`;
    else this.host = address === '::1' ? '[::1]' : address;
  }

  static async open(options: UaOptions): Promise<SipUa> {
    const ua = new SipUa(options);
    if (ua.transport === 'udp') await ua.#openUdp();
    else if (ua.#isWeb) await ua.#openWeb();
    else await ua.#openStream();
    return ua;
  }

  /** Where it listens; over TLS without a certificate, and WebSocket, where its connection comes from. */
  get port(): number {
    const address = this.#udp?.address() ?? (this.#tcpServer?.address() as AddressInfo | undefined);
    return address?.port ?? this.#tcp?.localPort ?? 0;
  }

  get contact(): string {
    const { transport } = this;
    const param = transport === 'udp' ? '' : `;transport=${transport === 'wss' ? 'ws' : transport}`;
    return `<sip:${this.user}@${this.#place}${param}>`;
  }

  /** A fresh Via value. */
  via(branch = `z9hG4bK${random()}`): string {
    return `SIP/2.0/${this.transport.toUpperCase()} ${this.#place};branch=${branch};rport`;
  }

  send(text: string | Buffer): void {
    if (this.#ws) this.#ws.send(text);
    else if (this.#tcp) this.#tcp.write(text);
    else this.#udp?.send(text, this.#options.serverPort, this.#address);
  }

  /** Its connection, to be cut. */
  get connection(): { destroy(): void } | undefined {
    const web = this.#ws;
    return web ? { destroy: () => web.terminate() } : this.#tcp;
  }

  get #isWeb(): boolean {
    return this.transport === 'ws' || this.transport === 'wss';
  }

  get #address(): string {
    return this.#options.host ?? '127.0.0.1';
  }

  get #place(): string {
    return this.#isWeb ? this.host : `${this.host}:${this.port}`;
  }

  /** The next message nobody has taken that matches; it may be there already. Fails after `deadlineMs`. */
  next(what: string, matches: (message: SipText) => boolean, deadlineMs = waitMs): Promise<SipText> {
    const index = this.#unread.findIndex(matches);
    const found = index < 0 ? undefined : this.#unread.splice(index, 1).at(0);
    if (found) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        const seen = this.log.map((message) => message.first).join(' | ');
        reject(new Error(`no ${what} in ${deadlineMs} ms; came: ${seen}`));
      }, deadlineMs);
      const waiter: Waiter = {
        matches,
        resolve: (message) => {
          clearTimeout(timer);
          resolve(message);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  nextRequest(method: string, deadlineMs = waitMs): Promise<SipText> {
    return this.next(method, (message) => message.method === method, deadlineMs);
  }

  nextResponse(status: number, method: string, deadlineMs = waitMs): Promise<SipText> {
    const matches = (message: SipText): boolean =>
      message.status === status && cseqMethod(message) === method;
    return this.next(`${status} to ${method}`, matches, deadlineMs);
  }

  nextFinal(method: string, deadlineMs = waitMs): Promise<SipText> {
    const matches = (message: SipText): boolean => message.status >= 200 && cseqMethod(message) === method;
    return this.next(`final response to ${method}`, matches, deadlineMs);
  }

  /** Takes what came so far away and returns it. */
  takeUnread(): SipText[] {
    const unread = this.#unread;
    this.#unread = [];
    return unread;
  }

  /** Calls; the INVITE is on its way when this returns. */
  invite(uri: string, options: RequestOptions = {}): UaCall {
    const call = new UaCall(this, {
      callId: `${random()}@ua`,
      local: `<sip:${this.user}@${this.#place}>;tag=${random()}`,
      remote: `<${uri}>`,
      target: uri,
    });
    call.sendInvite(options);
    return call;
  }

  /** A request outside a dialog. */
  request(method: string, uri: string, options: RequestOptions = {}): string {
    const callId = `${random()}@ua`;
    const from = `<sip:${this.user}@${this.#place}>;tag=${random()}`;
    this.send(this.format(method, uri, { callId, from, to: `<${uri}>`, cseq: 1, via: this.via() }, options));
    return callId;
  }

  format(
    method: string,
    uri: string,
    facts: {
      callId: string;
      from: string;
      to: string;
      cseq: number;
      via: string;
      routes?: readonly string[];
    },
    { headers = [], body = '', contentType = 'application/sdp' }: RequestOptions,
  ): string {
    return [
      `${method} ${uri} SIP/2.0`,
      `Via: ${facts.via}`,
      'Max-Forwards: 70',
      ...(facts.routes ?? []).map((route) => `Route: ${route}`),
      `From: ${facts.from}`,
      `To: ${facts.to}`,
      `Call-ID: ${facts.callId}`,
      `CSeq: ${facts.cseq} ${method}`,
      `Contact: ${this.contact}`,
      ...headers,
      ...(body === '' ? [] : [`Content-Type: ${contentType}`]),
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n');
  }

  /** Answers a request. `tag`: ours, where To has none yet. */
  reply(
    request: SipText,
    status: number,
    options: RequestOptions & {
      readonly reason?: string;
      readonly tag?: string;
      readonly contact?: string | null;
    } = {},
  ): string {
    const {
      headers = [],
      body = '',
      contentType = 'application/sdp',
      reason = 'Because',
      tag = 'uas',
    } = options;
    const to = request.headers.to ?? '';
    const contact = options.contact === null ? [] : [`Contact: ${options.contact ?? this.contact}`];
    const text = [
      `SIP/2.0 ${status} ${reason}`,
      ...request.all('via').map((via) => `Via: ${via}`),
      ...request.all('record-route').map((route) => `Record-Route: ${route}`),
      `From: ${request.headers.from}`,
      `To: ${to.includes('tag=') || status === 100 ? to : `${to};tag=${tag}`}`,
      `Call-ID: ${request.headers['call-id']}`,
      `CSeq: ${request.headers.cseq}`,
      ...contact,
      ...headers,
      ...(body === '' ? [] : [`Content-Type: ${contentType}`]),
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n');
    request.reply(text);
    return text;
  }

  /** The dialog of an INVITE that this UA answered with `tag`. */
  dialogOf(invite: SipText, tag = 'uas'): UaCall {
    const contact = /<([^>]+)>/.exec(invite.headers.contact ?? '')?.[1] ?? '';
    return new UaCall(this, {
      callId: invite.headers['call-id'] ?? '',
      local: `${invite.headers.to};tag=${tag}`,
      remote: invite.headers.from ?? '',
      target: contact,
    });
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const waiter of this.#waiters) this.#waiters.delete(waiter);
    this.#ws?.terminate();
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => (this.#udp ? this.#udp.close(resolve) : resolve()));
    await new Promise<void>((resolve) =>
      this.#tcpServer ? this.#tcpServer.close(() => resolve()) : resolve(),
    );
  }

  async #openUdp(): Promise<void> {
    const udp = createSocket(this.#address === '::1' ? 'udp6' : 'udp4');
    udp.on('message', (bytes, from) => {
      this.#take(bytes.toString(), (text) => udp.send(text, from.port, from.address));
    });
    await new Promise<void>((resolve) => udp.bind(0, this.#address, resolve));
    this.#udp = udp;
  }

  /** TCP and TLS. */
  async #openStream(): Promise<void> {
    const { serverPort, identity, ca } = this.#options;
    const secure = this.transport === 'tls';
    if (!secure) this.#tcpServer = createServer((socket) => this.#adopt(socket));
    else if (identity) this.#tcpServer = createTlsServer(identity, (socket) => this.#adopt(socket));
    const server = this.#tcpServer;
    if (server) await new Promise<void>((resolve) => server.listen(0, this.#address, resolve));
    const place = { host: this.#address, port: serverPort };
    const socket = secure ? connectTls({ ...place, ...identity, ca }) : createConnection(place);
    await new Promise<void>((resolve, reject) => {
      socket.once(secure ? 'secureConnect' : 'connect', resolve).once('error', reject);
    });
    this.#adopt(socket);
    this.#tcp = socket;
  }

  async #openWeb(): Promise<void> {
    const { serverPort, ca } = this.#options;
    const host = this.#address === '::1' ? '[::1]' : this.#address;
    const socket = new WebSocket(`${this.transport}://${host}:${serverPort}`, 'sip', { ca });
    await new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject));
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => this.#take(data.toString(), (text) => socket.send(text)));
    this.#ws = socket;
  }

  #adopt(socket: Socket): void {
    let buffer = Buffer.alloc(0);
    this.#sockets.add(socket);
    // A request right after an ACK must not wait for the server's delayed TCP ACK.
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (chunk) => {
      buffer = Buffer.concat([buffer, chunk]);
      for (;;) {
        const end = buffer.indexOf('\r\n\r\n');
        if (end < 0) return;
        const length = /^content-length:\s*(\d+)/im.exec(buffer.toString('utf8', 0, end))?.[1] ?? '0';
        const total = end + 4 + Number(length);
        if (buffer.length < total) return;
        this.#take(buffer.toString('utf8', 0, total), (text) => socket.write(text));
        buffer = buffer.subarray(total);
      }
    });
  }

  #take(raw: string, reply: (text: string) => void): void {
    const message = parseText(raw, reply);
    this.log.push(message);
    for (const waiter of this.#waiters) {
      if (!waiter.matches(message)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(message);
      return;
    }
    this.#unread.push(message);
  }
}

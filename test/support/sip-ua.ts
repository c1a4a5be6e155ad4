/**
 * A SIP user agent for tests, over UDP or TCP. It shares no code with the product, so that both can't be wrong in
 * the same way, and it does nothing by itself: no retransmission, no automatic answer. Tests say each step.
 */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { Socket as UdpSocket } from 'node:dgram';
import { createConnection, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

const random = (bytes = 6): string => randomBytes(bytes).toString('hex');

/** A message as it came. */
export interface SipText {
  readonly first: string;
  /** Requests only. */
  readonly method: string;
  /** Requests only: the Request-URI. */
  readonly uri: string;
  /** Responses only, else 0. */
  readonly status: number;
  /** First value by lower-case name. */
  readonly headers: Readonly<Partial<Record<string, string>>>;
  readonly all: (name: string) => readonly string[];
  readonly body: string;
  readonly raw: string;
  /** Sends back by the way it came. */
  readonly reply: (text: string) => void;
}

export interface UaOptions {
  readonly transport?: 'udp' | 'tcp';
  /** Port of the server that requests go to, on 127.0.0.1. */
  readonly serverPort: number;
  readonly user?: string;
}

export interface RequestOptions {
  readonly headers?: readonly string[];
  readonly body?: string;
  readonly contentType?: string;
}

export const waitMs = 8_000;

/** A plain G.711 offer or answer. */
export function plainSdp(port = 40_000, address = '127.0.0.1'): string {
  return [
    'v=0',
    `o=- 1 1 IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio ${port} RTP/AVP 0 101`,
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:101 telephone-event/8000',
    '',
  ].join('\r\n');
}

export function parseText(raw: string, reply: (text: string) => void): SipText {
  const end = raw.indexOf('\r\n\r\n');
  const [first = '', ...lines] = raw.slice(0, end < 0 ? undefined : end).split('\r\n');
  const fields = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  const headers: Partial<Record<string, string>> = {};
  for (const [name, value] of fields) headers[name] ??= value;
  const isResponse = first.startsWith('SIP/2.0 ');
  const [word = '', second = ''] = first.split(' ');
  return {
    first,
    method: isResponse ? '' : word,
    uri: isResponse ? '' : second,
    status: isResponse ? Number(second) : 0,
    headers,
    all: (name) => fields.filter(([key]) => key === name.toLowerCase()).map(([, value]) => value),
    body: end < 0 ? '' : raw.slice(end + 4),
    raw,
    reply,
  };
}

interface Waiter {
  readonly matches: (message: SipText) => boolean;
  readonly resolve: (message: SipText) => void;
}

export class SipUa {
  readonly transport: 'udp' | 'tcp';
  readonly user: string;
  /** All that came, in order. */
  readonly log: SipText[] = [];
  readonly #serverPort: number;
  readonly #waiters = new Set<Waiter>();
  readonly #sockets = new Set<Socket>();
  /** Came, and nobody has asked for it yet. */
  #unread: SipText[] = [];
  #udp: UdpSocket | undefined;
  #tcpServer: Server | undefined;
  #tcp: Socket | undefined;

  private constructor(options: UaOptions) {
    this.transport = options.transport ?? 'udp';
    this.user = options.user ?? 'ua';
    this.#serverPort = options.serverPort;
  }

  static async open(options: UaOptions): Promise<SipUa> {
    const ua = new SipUa(options);
    if (ua.transport === 'udp') await ua.#openUdp();
    else await ua.#openTcp();
    return ua;
  }

  get port(): number {
    const address = this.#udp?.address() ?? (this.#tcpServer?.address() as AddressInfo);
    return address.port;
  }

  get contact(): string {
    return `<sip:${this.user}@127.0.0.1:${this.port}${this.transport === 'tcp' ? ';transport=tcp' : ''}>`;
  }

  /** A fresh Via value. */
  via(branch = `z9hG4bK${random()}`): string {
    return `SIP/2.0/${this.transport.toUpperCase()} 127.0.0.1:${this.port};branch=${branch};rport`;
  }

  send(text: string | Buffer): void {
    if (this.#tcp) this.#tcp.write(text);
    else this.#udp?.send(text, this.#serverPort, '127.0.0.1');
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
      local: `<sip:${this.user}@127.0.0.1:${this.port}>;tag=${random()}`,
      remote: `<${uri}>`,
      target: uri,
    });
    call.sendInvite(options);
    return call;
  }

  /** A request outside a dialog. */
  request(method: string, uri: string, options: RequestOptions = {}): string {
    const callId = `${random()}@ua`;
    const from = `<sip:${this.user}@127.0.0.1:${this.port}>;tag=${random()}`;
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

  async close(): Promise<void> {
    for (const waiter of this.#waiters) this.#waiters.delete(waiter);
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => (this.#udp ? this.#udp.close(resolve) : resolve()));
    await new Promise<void>((resolve) =>
      this.#tcpServer ? this.#tcpServer.close(() => resolve()) : resolve(),
    );
  }

  async #openUdp(): Promise<void> {
    const udp = createSocket('udp4');
    udp.on('message', (bytes, from) => {
      this.#take(bytes.toString(), (text) => udp.send(text, from.port, from.address));
    });
    await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve));
    this.#udp = udp;
  }

  async #openTcp(): Promise<void> {
    const server = createServer((socket) => this.#adopt(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#tcpServer = server;
    const socket = createConnection(this.#serverPort, '127.0.0.1');
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    this.#adopt(socket);
    this.#tcp = socket;
  }

  #adopt(socket: Socket): void {
    let buffer = Buffer.alloc(0);
    this.#sockets.add(socket);
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

export function cseqMethod(message: SipText): string {
  return message.headers.cseq?.split(' ')[1] ?? '';
}

/** One dialog of a `SipUa`, as caller or callee. */
export class UaCall {
  readonly callId: string;
  readonly local: string;
  remote: string;
  target: string;
  routes: readonly string[] = [];
  cseq = 0;
  readonly #ua: SipUa;
  #invite: { text: string; via: string; cseq: number; uri: string } | undefined;

  constructor(ua: SipUa, facts: { callId: string; local: string; remote: string; target: string }) {
    this.#ua = ua;
    this.callId = facts.callId;
    this.local = facts.local;
    this.remote = facts.remote;
    this.target = facts.target;
  }

  /** INVITE or re-INVITE. */
  sendInvite(options: RequestOptions = {}): void {
    const via = this.#ua.via();
    this.cseq += 1;
    const text = this.#format('INVITE', this.cseq, via, options);
    this.#invite = { text, via, cseq: this.cseq, uri: this.target };
    this.#ua.send(text);
  }

  /** The same INVITE again, as after a lost answer. */
  repeatInvite(): void {
    this.#ua.send(this.#invite?.text ?? '');
  }

  /** Waits for a response to the INVITE and takes the dialog from it. */
  async response(status: number, deadlineMs = waitMs): Promise<SipText> {
    const wanted = `${this.#invite?.cseq} INVITE`;
    const matches = (message: SipText): boolean =>
      message.status === status &&
      message.headers['call-id'] === this.callId &&
      message.headers.cseq === wanted;
    const response = await this.#ua.next(`${status} to INVITE`, matches, deadlineMs);
    if (status > 100) this.takeDialog(response);
    return response;
  }

  takeDialog(response: SipText): void {
    this.remote = response.headers.to ?? this.remote;
    this.routes = [...response.all('record-route')].reverse();
    this.target = /<([^>]+)>/.exec(response.headers.contact ?? '')?.[1] ?? this.target;
  }

  /** The ACK to a 2xx; `sequence` to acknowledge another INVITE than the last. */
  ack(options: RequestOptions = {}): void {
    this.#ua.send(this.#format('ACK', this.#invite?.cseq ?? 1, this.#ua.via(), options));
  }

  /** The ACK to a refusal belongs to the INVITE's transaction. */
  ackRefusal(): void {
    this.#ua.send(this.#sibling('ACK'));
  }

  cancel(): void {
    this.#ua.send(this.#sibling('CANCEL'));
  }

  /** Sends a request in the dialog. */
  send(method: string, options: RequestOptions = {}): void {
    this.cseq += 1;
    this.#ua.send(this.#format(method, this.cseq, this.#ua.via(), options));
  }

  /** … and waits for its final response. */
  async request(method: string, options: RequestOptions = {}): Promise<SipText> {
    this.send(method, options);
    const wanted = `${this.cseq} ${method}`;
    return this.#ua.next(
      `final response to ${method}`,
      ({ status, headers }) => status >= 200 && headers.cseq === wanted && headers['call-id'] === this.callId,
    );
  }

  /** INVITE, 200, ACK; returns the 200. */
  async connect(): Promise<SipText> {
    const answer = await this.response(200);
    this.ack();
    return answer;
  }

  #format(method: string, cseq: number, via: string, options: RequestOptions): string {
    const facts = { callId: this.callId, from: this.local, to: this.remote, cseq, via, routes: this.routes };
    return this.#ua.format(method, this.target, facts, options);
  }

  #sibling(method: 'ACK' | 'CANCEL'): string {
    const { via = '', cseq = 1, uri = '' } = this.#invite ?? {};
    const to = method === 'CANCEL' ? this.remote.replace(/;tag=.*/, '') : this.remote;
    return this.#ua.format(method, uri, { callId: this.callId, from: this.local, to, cseq, via }, {});
  }
}

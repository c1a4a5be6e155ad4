import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** A SIP message as it stood on the wire. */
export interface Heard {
  readonly text: string;
  /** 0: a request. */
  readonly status: number;
  /** Empty: a response. */
  readonly method: string;
  readonly body: string;
  header(name: string): string;
}

export interface Wanted {
  readonly status?: number;
  /** The request's method, or the CSeq's of a response. */
  readonly method?: string;
}

const patienceMs = 5000;

/**
 * A caller on UDP that sends just what a test writes and repeats nothing: what a real user agent would hide,
 * a test can do here (no ACK, two offers at once, a stray tag).
 */
export class PlainCaller {
  readonly callId = `${randomBytes(6).toString('hex')}@plain`;
  readonly heard: Heard[] = [];
  readonly #socket: Socket;
  readonly #server: { host: string; port: number };
  readonly #tag = randomBytes(4).toString('hex');
  readonly #waiting = new Set<() => void>();
  readonly #taken = new Set<Heard>();
  #toTag = '';
  #target = '';
  #cseq = 0;
  #inviteVia = '';

  private constructor(socket: Socket, server: { host: string; port: number }) {
    this.#socket = socket;
    this.#server = server;
    socket.on('message', (bytes) => this.#hear(bytes.toString()));
  }

  static async open(port: number): Promise<PlainCaller> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new PlainCaller(socket, { host: '127.0.0.1', port });
  }

  get port(): number {
    return this.#socket.address().port;
  }

  close(): void {
    this.#socket.close();
  }

  /** Sends a request, in the dialog once there is one. `''` leaves a default header field out. */
  send(
    method: string,
    options: { fields?: Record<string, string>; body?: string; type?: string } = {},
  ): void {
    const { body = '', type = 'application/sdp' } = options;
    const own = method === 'ACK' || method === 'CANCEL';
    if (!own) this.#cseq += 1;
    const via = method === 'CANCEL' ? this.#inviteVia : this.#via();
    if (method === 'INVITE') this.#inviteVia = via;
    const uri =
      this.#target !== '' && method !== 'CANCEL' ? this.#target : `sip:1000@127.0.0.1:${this.#server.port}`;
    const to = `<sip:1000@127.0.0.1:${this.#server.port}>`;
    const fields: Record<string, string> = {
      Via: via,
      'Max-Forwards': '70',
      From: `"Ada" <sip:+4930123@127.0.0.1>;tag=${this.#tag}`,
      To: this.#toTag === '' || method === 'CANCEL' ? to : `${to};tag=${this.#toTag}`,
      'Call-ID': this.callId,
      CSeq: `${this.#cseq} ${method}`,
      Contact: `<sip:ada@127.0.0.1:${this.port}>`,
      ...(body === '' ? {} : { 'Content-Type': type }),
      ...options.fields,
      'Content-Length': String(Buffer.byteLength(body)),
    };
    const lines = Object.entries(fields)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => `${name}: ${value}`);
    this.#write(`${method} ${uri} SIP/2.0\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  }

  /** Sends an in-dialog or other request and waits for its final response. */
  async ask(method: string, options: Parameters<PlainCaller['send']>[1] = {}): Promise<Heard> {
    this.send(method, options);
    return this.final(method);
  }

  /** Waits for a method's final response. */
  async final(method: string): Promise<Heard> {
    for (;;) {
      const heard = await this.next({ method }, (one) => one.status >= 200);
      if (method === 'INVITE' && heard.status < 300) this.#confirm(heard);
      return heard;
    }
  }

  /** Waits for the next message that fits; each is given out once. */
  next(wanted: Wanted, also: (heard: Heard) => boolean = () => true): Promise<Heard> {
    const fits = (one: Heard): boolean =>
      !this.#taken.has(one) &&
      (wanted.status === undefined || one.status === wanted.status) &&
      (wanted.method === undefined || methodOf(one) === wanted.method) &&
      also(one);
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
      };
      const look = (): void => {
        const found = this.heard.find(fits);
        if (!found) return;
        stop();
        this.#taken.add(found);
        resolve(found);
      };
      const timer = setTimeout(() => {
        stop();
        const seen = this.heard.map(({ text }) => text.split('\r\n', 1)[0]).join(' | ');
        reject(new Error(`waited for ${JSON.stringify(wanted)}, heard: ${seen}`));
      }, patienceMs);
      this.#waiting.add(look);
      look();
    });
  }

  /** Answers a request of the other side. */
  reply(request: Heard, status: number): void {
    const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].map((name) => `${name}: ${request.header(name)}`);
    this.#write(`SIP/2.0 ${status} Whatever\r\n${copied.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`);
  }

  #confirm(ok: Heard): void {
    this.#toTag = /;tag=([^;\s]+)/.exec(ok.header('To'))?.[1] ?? '';
    this.#target = /<([^>]+)>/.exec(ok.header('Contact'))?.[1] ?? this.#target;
  }

  /** Learns the tag and target of a provisional response, for requests in the early dialog. */
  early(provisional: Heard): void {
    this.#confirm(provisional);
  }

  #via(): string {
    return `SIP/2.0/UDP 127.0.0.1:${this.port};branch=z9hG4bK${randomBytes(8).toString('hex')};rport`;
  }

  #write(text: string): void {
    this.#socket.send(text, this.#server.port, this.#server.host);
  }

  #hear(text: string): void {
    const end = text.indexOf('\r\n\r\n');
    const [first = '', ...lines] = text.slice(0, end).split('\r\n');
    const response = /^SIP\/2\.0 (\d{3})/.exec(first);
    this.heard.push({
      text,
      status: Number(response?.[1] ?? 0),
      method: response ? '' : (first.split(' ', 1)[0] ?? ''),
      body: text.slice(end + 4),
      header: (name) =>
        lines
          .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
          .map((line) => line.slice(name.length + 1).trim())
          .join(', '),
    });
    for (const look of [...this.#waiting]) look();
  }
}

function methodOf(heard: Heard): string {
  return heard.method === '' ? (heard.header('CSeq').split(' ')[1] ?? '') : heard.method;
}

import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { parseAddress } from '../../sip/edge/message/address.ts';
import { ackFor, cancelFor, newRequest, responseTo } from '../../sip/edge/message/build.ts';
import { parseMessage } from '../../sip/edge/message/parse.ts';
import { serialize } from '../../sip/edge/message/serialize.ts';
import type { SipMessage, SipRequest, SipResponse } from '../../sip/edge/message/types.ts';
import { eventType, PhoneMedia, voiceType } from './phone-media.ts';
import type { SipPlace } from './sip-place.ts';
import { outsideDialog, viaOf } from './sip-request.ts';

/** RFC 3261 §17.1.1.2: T1, doubled each time. */
const firstRepeatMs = 500;
const byeMs = 1_000;

/** The call was answered with something else than 200. */
export class CallRefused extends Error {
  readonly status: number;

  constructor({ status, reason, headers }: SipResponse) {
    const words = /;text="([^"]+)"/.exec(headers.get('Reason') ?? '')?.[1];
    super(`${status} ${reason}${words === undefined ? '' : ` (${words})`}`);
    this.status = status;
  }
}

export interface DialOptions {
  /** Where media for this address is best sent to from here. */
  readonly nearOf: (address: string) => string;
  readonly signal: AbortSignal;
}

/** One call over UDP, as a small telephone makes it: PCMU, digits by RFC 4733, no encryption. */
export class PhoneCall {
  readonly media: PhoneMedia;
  /** Resolves with the reason when the other side hangs up. */
  readonly ended: Promise<string>;
  readonly #socket: Socket;
  readonly #place: SipPlace;
  readonly #invite: SipRequest;
  readonly #waiting = new Set<(response: SipResponse) => void>();
  #answer: SipResponse | null = null;
  #closed = false;
  #end: (reason: string) => void = () => undefined;

  private constructor(socket: Socket, place: SipPlace, user: string, media: PhoneMedia) {
    this.#socket = socket;
    this.#place = place;
    this.media = media;
    const own = socket.address();
    this.#invite = outsideDialog('INVITE', user, place, own, {
      headers: [['Content-Type', 'application/sdp']],
      body: offer(own.address, media.port),
    });
    this.ended = new Promise((resolve) => (this.#end = resolve));
    // ICMP: nobody listens there any more.
    socket.on('error', () => undefined);
    socket.on('message', (datagram) => this.#hear(datagram));
  }

  /** Resolves when the call is answered. Rejects with `CallRefused` or the signal's reason. */
  static async dial(place: SipPlace, user: string, { nearOf, signal }: DialOptions): Promise<PhoneCall> {
    const socket = createSocket(isIPv6(place.host) ? 'udp6' : 'udp4');
    // Shows which of our addresses the way there begins with.
    socket.connect(place.port, place.host);
    await once(socket, 'connect', { signal });
    const call = new PhoneCall(socket, place, user, await PhoneMedia.open(socket.address().address));
    try {
      await call.#connect(nearOf, signal);
      return call;
    } catch (error) {
      call.#close();
      throw error;
    }
  }

  /** Ends the call and frees all. Idempotent; never rejects. */
  async hangUp(): Promise<void> {
    if (this.#answer) {
      const bye = this.#inDialog('BYE', 2);
      this.#answer = null;
      await this.#ask(bye, AbortSignal.timeout(byeMs)).catch(() => undefined);
    }
    this.#close();
  }

  async #connect(nearOf: DialOptions['nearOf'], signal: AbortSignal): Promise<void> {
    const answer = await this.#ask(this.#invite, signal).catch((error: unknown) => {
      this.#send(cancelFor(this.#invite));
      throw error;
    });
    if (answer.status >= 300) {
      this.#send(ackFor(this.#invite, answer));
      throw new CallRefused(answer);
    }
    this.#answer = answer;
    this.#send(this.#inDialog('ACK', 1));
    const sdp = answer.body.toString();
    const address = /^c=IN IP[46] ([^\s/]+)/m.exec(sdp)?.[1] ?? this.#place.host;
    this.media.connect({ address: nearOf(address), port: Number(/^m=audio (\d+)/m.exec(sdp)?.[1] ?? 9) });
  }

  /** Sends, and again until something comes; resolves with the final response. */
  async #ask(request: SipRequest, signal: AbortSignal): Promise<SipResponse> {
    let timer: NodeJS.Timeout | undefined;
    const send = (afterMs: number): void => {
      this.#send(request);
      timer = setTimeout(() => send(afterMs * 2), afterMs);
    };
    const cseq = request.headers.get('CSeq');
    let onResponse: (response: SipResponse) => void = () => undefined;
    try {
      return await new Promise<SipResponse>((resolve, reject) => {
        onResponse = (response) => {
          if (response.headers.get('CSeq') !== cseq) return;
          clearTimeout(timer);
          if (response.status >= 200) resolve(response);
        };
        this.#waiting.add(onResponse);
        signal.addEventListener('abort', () => reject(new Error('no final answer in time')), { once: true });
        send(firstRepeatMs);
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(onResponse);
    }
  }

  #hear(datagram: Buffer): void {
    let message: SipMessage;
    try {
      message = parseMessage(datagram);
    } catch {
      return;
    }
    if (message.headers.get('Call-ID') !== this.#invite.headers.get('Call-ID')) return;
    if (message.kind === 'request') this.#asked(message);
    else if (this.#answer && /INVITE/.test(message.headers.get('CSeq') ?? ''))
      this.#send(this.#inDialog('ACK', 1));
    else for (const hear of this.#waiting) hear(message);
  }

  #asked(request: SipRequest): void {
    if (request.method === 'ACK') return;
    const taken = request.method === 'BYE' || request.method === 'OPTIONS';
    this.#send(responseTo(request, taken ? 200 : 501));
    if (request.method !== 'BYE') return;
    this.#answer = null;
    const reason = request.headers.get('Reason') ?? '';
    this.#end(/text="([^"]+)"/.exec(reason)?.[1] ?? (reason || 'no reason was given'));
  }

  /** RFC 3261 §12.2.1.1, by the answer that made the dialog. */
  #inDialog(method: 'ACK' | 'BYE', sequence: number): SipRequest {
    const { headers } = this.#invite;
    const answered = this.#answer?.headers;
    const contact = answered?.get('Contact');
    return newRequest(method, contact === undefined ? this.#invite.uri : parseAddress(contact).uri, [
      ['Via', viaOf('udp', this.#socket.address())],
      ...(answered?.getAll('Record-Route') ?? []).reverse().map((route) => ['Route', route] as const),
      ['Max-Forwards', '70'],
      ['From', headers.get('From') ?? ''],
      ['To', answered?.get('To') ?? headers.get('To') ?? ''],
      ['Call-ID', headers.get('Call-ID') ?? ''],
      ['CSeq', `${sequence} ${method}`],
    ]);
  }

  #send(message: SipMessage): void {
    this.#socket.send(serialize(message), () => undefined);
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.media.close();
    this.#socket.close();
  }
}

function offer(address: string, port: number): string {
  return [
    'v=0',
    `o=- 1 1 IN ${isIPv6(address) ? 'IP6' : 'IP4'} ${address}`,
    's=-',
    `c=IN ${isIPv6(address) ? 'IP6' : 'IP4'} ${address}`,
    't=0 0',
    `m=audio ${port} RTP/AVP ${voiceType} ${eventType}`,
    `a=rtpmap:${eventType} telephone-event/8000`,
    `a=fmtp:${eventType} 0-15`,
    'a=ptime:20',
    '',
  ].join('\r\n');
}

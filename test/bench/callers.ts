/** Many telephones in one process: one SIP socket, one timer, a media socket each. */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { parseText } from '../support/sip-text.ts';
import type { SipText } from '../support/sip-text.ts';
import { CallerMedia } from './caller.ts';
import { CallerSrtp } from './caller-srtp.ts';
import type { Coding } from './codings.ts';
import type { CallerSounds } from './sounds.ts';

const beatMs = 4;
const finalMs = 32_000;
/** How long one speaker has the floor. */
const turnMs = 3000;
const oneSpeakerOf = 10;

/** When things happened in a call, ms on this process's monotonic clock; null: not. */
export interface CallTimes {
  readonly inviteMs: number;
  readonly tryingMs: number | null;
  readonly ringingMs: number | null;
  readonly answeredMs: number | null;
}

/** A call's video, beside its sound. */
export interface CallVideo {
  /** Its media description in the offer. */
  readonly offerLines: readonly string[];
  answered(sdp: string): Promise<void>;
  /** To be called every few ms: sends what is due. */
  beat(nowMs: number): void;
  stop(): void;
  close(): void;
}

/** One call, from its INVITE to its end. */
export class BenchCall {
  readonly number: string;
  readonly media: CallerMedia;
  readonly video: CallVideo | null;
  readonly times: {
    -readonly [K in keyof CallTimes]: CallTimes[K];
  };
  /** Final status; 0 while there is none. */
  status = 0;
  /** Its first line, for whoever asks why. */
  statusLine = '';
  /** The far end said BYE before we did. */
  cutOff = false;
  readonly callId = `${randomBytes(8).toString('hex')}@bench`;
  readonly uri: string;
  readonly from: string;
  to: string;
  target: string;
  cseq = 1;
  branch = newBranch();
  onFinal: ((response: SipText) => void) | null = null;
  onByeAnswered: (() => void) | null = null;

  constructor(
    number: string,
    room: string,
    sipPort: number,
    media: CallerMedia,
    video: CallVideo | null = null,
  ) {
    this.number = number;
    this.media = media;
    this.video = video;
    this.uri = this.target = `sip:${room}@127.0.0.1:${sipPort}`;
    this.from = `<sip:${number}@127.0.0.1>;tag=${randomBytes(4).toString('hex')}`;
    this.to = `<${this.uri}>`;
    this.times = { inviteMs: performance.now(), tryingMs: null, ringingMs: null, answeredMs: null };
  }
}

export class Callers {
  readonly sounds: CallerSounds;
  readonly #srtp: boolean;
  readonly #socket: Socket;
  readonly #sipPort: number;
  readonly #calls = new Map<string, BenchCall>();
  readonly #timer: NodeJS.Timeout;
  #started = 0;

  private constructor(socket: Socket, sipPort: number, sounds: CallerSounds, srtp: boolean) {
    this.#socket = socket;
    this.#sipPort = sipPort;
    this.sounds = sounds;
    this.#srtp = srtp;
    socket.on('message', (bytes) => this.#receive(parseText(bytes.toString('latin1'), () => undefined)));
    this.#timer = setInterval(() => this.#beat(), beatMs);
  }

  /** `srtp`: media is encrypted. */
  static async open(sipPort: number, sounds: CallerSounds, srtp = false): Promise<Callers> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 21, sendBufferSize: 1 << 21 });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    socket.connect(sipPort, '127.0.0.1');
    await once(socket, 'connect');
    return new Callers(socket, sipPort, sounds, srtp);
  }

  /**
   * Calls a room and sends audio, and video where there is some, once it is answered. Resolves with the final answer,
   * or after 32 s without.
   */
  async call(room: string, video: CallVideo | null = null): Promise<BenchCall> {
    const media = await CallerMedia.open(this.sounds.coding);
    if (this.#srtp) media.srtp = new CallerSrtp();
    const number = `49301${String(this.#started++).padStart(6, '0')}`;
    const call = new BenchCall(number, room, this.#sipPort, media, video);
    this.#calls.set(call.callId, call);
    const final = new Promise<SipText | null>((resolve) => {
      const timer = setTimeout(() => resolve(null), finalMs);
      call.onFinal = (response) => {
        clearTimeout(timer);
        resolve(response);
      };
    });
    this.#request(call, 'INVITE', offer(call, this.sounds.coding));
    const answer = await final;
    call.onFinal = null;
    if (answer && answer.status < 300) {
      media.srtp?.answered(answer.body);
      await media.start(Number(/m=audio (\d+)/.exec(answer.body)?.[1]), this.#started % 20);
      await video?.answered(answer.body);
    }
    return call;
  }

  /** Resolves when the BYE is answered, or nobody answers it. */
  async hangUp(call: BenchCall): Promise<void> {
    stopMedia(call);
    if (call.status === 200 && !call.cutOff) {
      call.cseq++;
      call.branch = newBranch();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 5000);
        call.onByeAnswered = () => {
          clearTimeout(timer);
          resolve();
        };
        this.#request(call, 'BYE', '');
      });
    }
    this.#calls.delete(call.callId);
    closeMedia(call);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const call of this.#calls.values()) closeMedia(call);
    this.#socket.close();
  }

  #beat(): void {
    const nowMs = performance.now();
    const turn = Math.floor(nowMs / turnMs) % oneSpeakerOf;
    const { speech, quiet } = this.sounds;
    let index = 0;
    for (const call of this.#calls.values()) {
      call.media.beat(nowMs, index++ % oneSpeakerOf === turn ? speech : quiet);
      call.video?.beat(nowMs);
    }
  }

  #receive(message: SipText): void {
    const call = this.#calls.get(message.headers['call-id'] ?? '');
    if (message.status === 0) {
      this.#serve(message, call);
      return;
    }
    if (!call) return;
    const method = message.headers.cseq?.split(' ')[1];
    if (method === 'BYE' && message.status >= 200) call.onByeAnswered?.();
    if (method === 'INVITE') this.#progress(call, message);
  }

  #progress(call: BenchCall, response: SipText): void {
    const { status, headers } = response;
    const { times } = call;
    const nowMs = performance.now();
    if (status === 100) times.tryingMs ??= nowMs;
    else if (status < 200) times.ringingMs ??= nowMs;
    if (status < 200) return;
    call.to = headers.to ?? call.to;
    if (status < 300) {
      times.answeredMs ??= nowMs;
      call.target = /<([^>]+)>/.exec(headers.contact ?? '')?.[1] ?? call.target;
      const { branch } = call;
      // RFC 3261 §13.2.2.4: the ACK to a 2xx is a transaction of its own, sent again for each repeated 2xx.
      call.branch = newBranch();
      this.#request(call, 'ACK', '');
      call.branch = branch;
    } else this.#request(call, 'ACK', '');
    call.status = status;
    call.statusLine = response.first;
    call.onFinal?.(response);
  }

  /** Whatever the gateway asks within a call is fine. */
  #serve(request: SipText, call: BenchCall | undefined): void {
    if (request.method === 'ACK') return;
    if (request.method === 'BYE' && call) {
      call.cutOff = true;
      stopMedia(call);
    }
    const { headers } = request;
    const copied = [
      ...request.all('via').map((via) => `Via: ${via}`),
      `From: ${headers.from}`,
      `To: ${headers.to}`,
      `Call-ID: ${headers['call-id']}`,
      `CSeq: ${headers.cseq}`,
    ];
    this.#socket.send(['SIP/2.0 200 OK', ...copied, 'Content-Length: 0', '', ''].join('\r\n'));
  }

  #request(call: BenchCall, method: 'INVITE' | 'ACK' | 'BYE', body: string): void {
    const port = this.#socket.address().port;
    const lines = [
      `${method} ${call.target} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=${call.branch};rport`,
      'Max-Forwards: 70',
      `From: ${call.from}`,
      `To: ${call.to}`,
      `Call-ID: ${call.callId}`,
      `CSeq: ${call.cseq} ${method}`,
      `Contact: <sip:${call.number}@127.0.0.1:${port}>`,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
      '',
      body,
    ];
    this.#socket.send(lines.join('\r\n'));
  }
}

function newBranch(): string {
  return `z9hG4bK${randomBytes(6).toString('hex')}`;
}

function stopMedia({ media, video }: BenchCall): void {
  media.stop();
  video?.stop();
}

function closeMedia({ media, video }: BenchCall): void {
  media.close();
  video?.close();
}

function offer({ media, video }: BenchCall, { payloadType, attributes }: Coding): string {
  const { port, srtp } = media;
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${port} ${srtp ? 'RTP/SAVP' : 'RTP/AVP'} ${payloadType} 101`,
    ...(srtp ? [srtp.line] : []),
    ...attributes,
    'a=rtpmap:101 telephone-event/8000',
    'a=ptime:20',
    ...(video?.offerLines ?? []),
    '',
  ].join('\r\n');
}

import { Phone } from './phone.ts';
import { SipUa } from './sip-ua.ts';
import type { SipText, UaCall } from './sip-ua.ts';

/** Where calls out go: a telephone that a test answers, with signalling and media on loopback. */
export class Carrier {
  readonly ua: SipUa;
  readonly phone: Phone;
  readonly #server: { serverPort: number };
  #invite: SipText | null = null;

  private constructor(ua: SipUa, phone: Phone, server: { serverPort: number }) {
    this.ua = ua;
    this.phone = phone;
    this.#server = server;
  }

  static async open(): Promise<Carrier> {
    const server = { serverPort: 9, transport: 'udp', user: 'carrier' } as const;
    const mutable = { ...server, serverPort: 9 };
    return new Carrier(await SipUa.open(mutable), await Phone.open(), mutable);
  }

  /** Its own requests go there. */
  set serverPort(port: number) {
    this.#server.serverPort = port;
  }

  get uri(): string {
    return `sip:127.0.0.1:${this.ua.port}`;
  }

  get sdp(): string {
    const { rtpPort, rtcpPort } = this.phone.remote;
    return [
      'v=0',
      'o=- 1 1 IN IP4 127.0.0.1',
      's=-',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      `m=audio ${rtpPort} RTP/AVP 0 101`,
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-16',
      `a=rtcp:${rtcpPort}`,
      '',
    ].join('\r\n');
  }

  /** The next call; its media goes where the INVITE says. */
  async called(): Promise<SipText> {
    const invite = await this.ua.nextRequest('INVITE');
    this.#invite = invite;
    const rtpPort = Number(/m=audio (\d+)/.exec(invite.body)?.[1]);
    const rtcpPort = Number(/a=rtcp:(\d+)/.exec(invite.body)?.[1] ?? rtpPort + 1);
    this.phone.dial({ address: '127.0.0.1', rtpPort, rtcpPort });
    return invite;
  }

  /** Of the call that came last. */
  get invite(): SipText {
    if (!this.#invite) throw new Error('nobody has called yet');
    return this.#invite;
  }

  /** 183: it is heard before it answers. */
  announce(invite: SipText): void {
    this.ua.reply(invite, 183, { body: this.sdp });
  }

  async answer(invite: SipText): Promise<UaCall> {
    this.ua.reply(invite, 200, { body: this.sdp });
    await this.ua.nextRequest('ACK');
    return this.ua.dialogOf(invite);
  }

  /** Waits for the gateway's BYE and answers it. */
  async hungUp(deadlineMs = 15_000): Promise<void> {
    this.ua.reply(await this.ua.nextRequest('BYE', deadlineMs), 200);
  }

  /** The keys that came as telephone events, each once. */
  keys(payloadType = 101): string {
    const events = this.phone.packets.filter((packet) => packet.payloadType === payloadType && packet.marker);
    return events.map(({ payload }) => '0123456789*#ABCD'[payload[0]]).join('');
  }

  async close(): Promise<void> {
    this.phone.close();
    await this.ua.close();
  }
}

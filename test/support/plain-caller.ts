import type { RequestOptions, SipText } from './sip-ua.ts';
import { cseqMethod, SipUa, UaCall } from './sip-ua.ts';

export interface Sending {
  /** More header fields. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly type?: string;
}

/** One caller with one dialog on a `SipUa`: a test writes each message, its tag and target are kept. */
export class PlainCaller {
  readonly ua: SipUa;
  readonly call: UaCall;
  /** CSeq values of requests without a final response so far. */
  readonly #open = new Set<string>();

  private constructor(ua: SipUa, call: UaCall) {
    this.ua = ua;
    this.call = call;
  }

  static async open(serverPort: number, transport: 'udp' | 'tcp' = 'udp'): Promise<PlainCaller> {
    const ua = await SipUa.open({ serverPort, transport, user: 'ada' });
    const uri = `sip:1000@127.0.0.1:${serverPort}`;
    const callId = `${ua.port}-${performance.now()}@caller`;
    const local = `"Ada" <sip:+4930123@127.0.0.1>;tag=a${ua.port}`;
    return new PlainCaller(ua, new UaCall(ua, { callId, local, remote: `<${uri}>`, target: uri }));
  }

  send(method: string, { fields = {}, body, type }: Sending = {}): void {
    const options: RequestOptions = {
      headers: Object.entries(fields).map(([name, value]) => `${name}: ${value}`),
      ...(body === undefined ? {} : { body }),
      ...(type === undefined ? {} : { contentType: type }),
    };
    if (method === 'INVITE') this.call.sendInvite(options);
    else if (method === 'ACK') this.call.ack(options);
    else if (method === 'CANCEL') this.call.cancel();
    else this.call.send(method, options);
    if (method !== 'ACK' && method !== 'CANCEL') this.#open.add(`${this.call.cseq} ${method}`);
  }

  /** Sends a request and waits for its final response. */
  ask(method: string, sending: Sending = {}): Promise<SipText> {
    this.send(method, sending);
    return this.final(method);
  }

  /** Waits for a method's next final response, not for one that comes again; a refused INVITE is acknowledged, as its transaction has to be. */
  async final(method: string): Promise<SipText> {
    const isNext = ({ status, headers: { cseq = '' } }: SipText): boolean =>
      status >= 200 && cseq.endsWith(` ${method}`) && (method === 'CANCEL' || this.#open.has(cseq));
    const response = await this.ua.next(`final response to ${method}`, isNext);
    this.#open.delete(response.headers.cseq ?? '');
    if (method !== 'INVITE') return response;
    if (response.status < 300) this.call.takeDialog(response);
    else this.call.ackRefusal();
    return response;
  }

  /** Waits for a provisional response and takes the early dialog from it. */
  async provisional(status: number): Promise<SipText> {
    const response = await this.ua.nextResponse(status, 'INVITE');
    this.call.takeDialog(response);
    return response;
  }

  /** Waits for the far end's BYE and answers it. */
  async bye(): Promise<SipText> {
    const bye = await this.ua.nextRequest('BYE');
    this.ua.reply(bye, 200);
    return bye;
  }

  /** Messages that came so far, by method (a response's is its CSeq's). */
  count(method: string, requests: boolean): number {
    return this.ua.log.filter((one) => (requests ? one.method : cseqMethod(one)) === method).length;
  }

  close(): Promise<void> {
    return this.ua.close();
  }
}

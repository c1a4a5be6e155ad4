import type { SipText } from './sip-text.ts';
import type { SipUa } from './sip-ua.ts';

export interface RequestOptions {
  readonly headers?: readonly string[];
  readonly body?: string;
  readonly contentType?: string;
}

export const waitMs = 8_000;

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

/**
 * Messages and dialogs as drachtio-srf 5 hands them over, typed as they behave: its own types are partly missing and
 * partly wrong.
 */
export interface SipMessage {
  /** Values by lower-case name (`X-…` names keep their case); repeated fields are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  get(name: string): string | undefined;
}

export interface SipRequest extends SipMessage {
  readonly method: string;
  readonly uri: string;
  /** `application`: the stack made this request itself, for instance a BYE after a missing ACK. */
  readonly source: 'network' | 'application';
  readonly source_address: string;
  readonly source_port: number;
  readonly protocol: string;
  /** `host:port` of ours that it came to; a new request has it. */
  readonly receivedOn?: string;
  /** A token that drachtio-server leaves empty; see `certifiedNames`. */
  readonly sessionToken?: string;
  on(event: 'cancel', listener: () => void): void;
  on(event: 'update', listener: (req: SipRequest, res: SipResponse) => void): void;
  on(event: 'response', listener: (res: SipResponse) => void): void;
}

export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface SipResponse extends SipMessage {
  readonly status: number;
  /** Of who sent it; empty: the stack itself did. */
  readonly source_address: string;
  readonly source_port: number;
  readonly protocol: string;
  /** What it answers, as it was sent; only of responses to requests of ours. */
  readonly req?: { readonly uri: string };
  readonly finalResponseSent: boolean;
  /** `sent` hears whether the stack took it; `pracked` hears the PRACK of a reliable provisional one. */
  send(
    status: number,
    phrase: string | undefined,
    options: SendOptions,
    sent: (error: unknown) => void,
    pracked?: () => void,
  ): void;
}

type InDialog =
  'modify' | 'update' | 'info' | 'refer' | 'notify' | 'message' | 'options' | 'publish' | 'subscribe';

export interface SipDialog {
  /** The server's name of it: `Call-ID;from-tag=…`. */
  readonly id: string;
  readonly local: { readonly contact: string | undefined };
  /** Each of these has to be listened to: without a listener the library answers by itself, mostly 200. */
  on(event: InDialog, listener: (req: SipRequest, res: SipResponse) => void): void;
  on(event: 'destroy', listener: (bye: SipRequest) => void): void;
  on(event: 'ack', listener: (ack: SipRequest) => void): void;
  off(event: 'ack', listener: (ack: SipRequest) => void): void;
  destroy(options: SendOptions, done: (error: unknown) => void): void;
  request(options: { method: string } & SendOptions, done: (error: unknown, res?: SipResponse) => void): void;
}

export type RequestHandler = (req: SipRequest, res: SipResponse) => void;

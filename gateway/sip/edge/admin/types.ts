import type { Headers } from '../message/headers.ts';
import type { LocalAddress } from '../transport/types.ts';
import type { Meta } from './meta.ts';

/** Something that came from the wire, or that the edge did by itself, on its way to an app. */
export interface Delivery {
  readonly meta: Meta;
  readonly txnId: string;
  /** Empty: outside a dialog. */
  readonly dialogId: string;
  /** Of a request outside a dialog: the address it came in on. */
  readonly receivedOn?: LocalAddress;
  /** … and what its sender's certificate says that it is. */
  readonly certifiedNames?: readonly string[];
}

export type CdrKind = 'attempt' | 'start' | 'stop';

/** The words of drachtio-server for the far end of a CDR's call … */
export type CdrRole = 'uac' | 'uas';
/** … and for its end. */
export type CdrReason =
  | 'call-rejected'
  | 'call-canceled'
  | 'normal-release'
  | 'session-expired'
  | 'system-initiated-termination'
  | 'undefined';

/** A program that drives the edge over one connection. */
export interface App {
  readonly id: string;
  deliver(delivery: Delivery, message: Buffer): void;
  cdr(kind: CdrKind, facts: string, message: Buffer): void;
}

/** Which app gets what. */
export interface Apps {
  /** The next app that has the route (`invite`, `cdr:start`, …), in turn; undefined: none has it. */
  pick(route: string): App | undefined;
  has(route: string): boolean;
}

/** A SIP message as an app wrote it: only the start line is sure to be there. */
export interface AppResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: Headers;
  readonly body: Buffer;
}

export interface AppRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
  readonly startLine: string;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** What became of an app's message. `text` is drachtio-server's where it has one, as srf looks at it. */
export type Outcome =
  | {
      readonly ok: true;
      readonly meta: Meta;
      readonly txnId: string;
      readonly dialogId: string;
      /** The message as it went onto the wire. */
      readonly message: Buffer;
    }
  | { readonly ok: false; readonly text: string };

export interface RequestAddress {
  /** Of a CANCEL: the INVITE's transaction. */
  readonly txnId: string;
  readonly dialogId: string;
  /** Next hop instead of the Request-URI's; empty: none. */
  readonly routeUri: string;
}

/** The side of the edge that does what apps ask for. */
export interface AppRequests {
  respond(app: App, txnId: string, response: AppResponse): Outcome;
  /** Replies before the message leaves: an app must know the transaction before it hears of its outcome. */
  request(app: App, address: RequestAddress, request: AppRequest, reply: (outcome: Outcome) => void): void;
  appGone(app: App): void;
}

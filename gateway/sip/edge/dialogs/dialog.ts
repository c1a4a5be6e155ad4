import type { App } from '../admin/types.ts';
import { tagOf } from '../message/address.ts';
import type { SipRequest } from '../message/types.ts';
import type { Peer } from '../transport/types.ts';
import type { Answer } from './answer.ts';
import type { SessionTimer } from './session-timer.ts';

export type DialogState = 'early' | 'confirmed' | 'ended';

/** An INVITE of ours in a dialog, until its final response and, for a 2xx, its ACK. */
export interface PendingInvite {
  /** Ends it as well as can be: CANCEL. */
  cancel(): void;
}

/** The INVITE of the peer's that made the dialog, or came in it, until its final response. */
export interface PendingRequest {
  /** Answers it for the app. */
  refuse(status: number): void;
  /**
   * A PRACK with this RSeq and CSeq number came: who answers it? The app, if it asked for reliability; undefined:
   * it belongs to nothing.
   */
  prack(rseq: number, sequence: number): 'app' | 'edge' | undefined;
}

/** RFC 3261 §12: what two user agents share. Data; `DialogTable` and the UA core change it. */
export interface Dialog {
  /** drachtio's name for it, `<Call-ID>;from-tag=<tag>`: forks of one INVITE share it. */
  readonly id: string;
  readonly role: 'uac' | 'uas';
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** From of the requests that we send, To of those that we get. */
  readonly localParty: string;
  readonly remoteParty: string;
  /** Undefined: its app has died, and it is being ended. */
  app: App | undefined;
  state: DialogState;
  localSequence: number;
  remoteSequence: number | undefined;
  remoteTarget: string;
  routeSet: readonly string[];
  /** Where its last message came from. */
  flow: Peer;
  /** Our INVITE in it that has no final response. */
  sentInvite: PendingInvite | undefined;
  /** The peer's INVITE in it that has no final response. */
  receivedInvite: PendingRequest | undefined;
  /** A BYE is on its way, or waits for an ACK. */
  byeSent: boolean;
  sentUpdate: boolean;
  receivedUpdate: boolean;
  /** Our 2xx that waits for its ACK. */
  answer: Answer | undefined;
  /** The INVITE whose 2xx the app must acknowledge, or has: what our ACK is made from. */
  toAcknowledge: Acknowledgement | undefined;
  /** RSeq of the last reliable provisional response that came (RFC 3262 §4). */
  lastReliable: number | undefined;
  /** RFC 4028; undefined: the session lasts until somebody says BYE. */
  session: SessionTimer | undefined;
  /** What our side said of its media last; a refresh by re-INVITE says it again. */
  localDescription: LocalDescription | undefined;
  /** The peer's Allow has UPDATE. */
  peerTakesUpdate: boolean;
}

export interface LocalDescription {
  readonly type: string;
  readonly body: Buffer;
}

/** A description of ours went out, and holds. */
export function rememberDescription(dialog: Dialog, message: Pick<SipRequest, 'headers' | 'body'>): void {
  const type = message.headers.get('Content-Type');
  if (message.body.length > 0 && type !== undefined) dialog.localDescription = { type, body: message.body };
}

/** What a new dialog, of either side, knows nothing of yet. */
export const freshState = {
  state: 'early',
  byeSent: false,
  sentUpdate: false,
  receivedUpdate: false,
  answer: undefined,
  toAcknowledge: undefined,
  lastReliable: undefined,
  session: undefined,
  localDescription: undefined,
} as const satisfies Partial<Dialog>;

export interface Acknowledgement {
  readonly sequence: number;
  /** RFC 3261 §13.2.2.4: the INVITE's Authorization and Proxy-Authorization. */
  readonly credentials: readonly (readonly [name: string, value: string])[];
  /** The ACK as sent, for repetitions of the 2xx. */
  sent: { readonly bytes: Buffer; readonly peer: Peer } | undefined;
  /** The call was given up before the 2xx came: end it as soon as it is acknowledged. */
  readonly endAfter: boolean;
}

/** The name that the dialogs of a request have, or will have. */
export function dialogIdOf({ headers }: SipRequest): string {
  return dialogId(headers.get('Call-ID') ?? '', tagOf(headers.get('From')) ?? '');
}

/** A `|`, which separates the tokens of the admin protocol, must not be in it, whatever a caller writes. */
export function dialogId(callId: string, fromTag: string): string {
  return `${callId};from-tag=${fromTag}`.replaceAll('|', '%7C');
}

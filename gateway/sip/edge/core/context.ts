import type { App, Apps } from '../admin/types.ts';
import type { EdgeCounters } from '../counters.ts';
import type { Acknowledgement, Dialog } from '../dialogs/dialog.ts';
import type { ReliableProvisionals } from '../dialogs/reliable.ts';
import type { DialogTable } from '../dialogs/table.ts';
import type { EdgeLog } from '../log.ts';
import type { SipRequest } from '../message/types.ts';
import type { Cancel, Timers } from '../timers.ts';
import type { TransactionLayer } from '../transactions/layer.ts';
import type { ClientTransaction, ServerTransaction } from '../transactions/types.ts';
import type { LocalAddress, Peer } from '../transport/types.ts';
import type { Identity } from './identity.ts';

/** A request from the wire that an app is to answer. */
export interface Incoming {
  readonly txnId: string;
  readonly app: App;
  readonly request: SipRequest;
  readonly transaction: ServerTransaction;
  readonly from: Peer;
  readonly receivedOn: LocalAddress;
  /** The tag that our responses put into To; the dialog's, in a dialog. */
  localTag: string;
  /** The dialog that it came in, or that its responses made. */
  dialog: Dialog | undefined;
  /** It came in a dialog, rather than making one. */
  readonly inDialog: boolean;
  /** An app has said something other than 100. */
  answered: boolean;
  /** The final response as it was sent. */
  final: { readonly bytes: Buffer } | undefined;
  /** Of an INVITE. */
  readonly reliable: ReliableProvisionals | undefined;
  /** RSeqs that the edge made up because the caller insists on 100rel and the app does not know. */
  readonly ownReliable: Set<number>;
  stopWaiting: Cancel;
}

/** A request on its way for an app, or for the edge itself (then without app). */
export interface Outgoing {
  readonly txnId: string;
  app: App | undefined;
  /** As sent last: to another server it goes under another Via. */
  request: SipRequest;
  bytes: Buffer;
  peer: Peer;
  /** What responses are reported with; empty: outside a dialog. */
  readonly dialogId: string;
  readonly inDialog: boolean;
  /** The dialog it was sent in, or the one that its 2xx made. */
  dialog: Dialog | undefined;
  transaction: ClientTransaction | undefined;
  provisional: boolean;
  finalStatus: number | undefined;
  /** A CANCEL was asked for; it goes after the first provisional response (RFC 3261 §9.1). */
  cancelled: boolean;
  sendCancel: (() => void) | undefined;
  /** By remote tag: what each 2xx of an INVITE is acknowledged with. */
  readonly acknowledgements: Map<string, Acknowledgement>;
}

/** What the core asks of the transports beside sending. */
export interface Wire {
  /** Where a URI leads, the best first. Throws `TransportError` or `SipParseError`. */
  resolve(uri: string): Promise<readonly Peer[]>;
  /** Whether the connection that a peer names still lives. */
  isConnected(peer: Peer): boolean;
}

export interface Limits {
  readonly maxDialogs: number;
}

/** What the parts of the UA core share. */
export interface Context {
  readonly layer: TransactionLayer;
  readonly dialogs: DialogTable;
  readonly incoming: Map<string, Incoming>;
  /** The same, for those whose transaction lives. */
  readonly incomingOf: Map<ServerTransaction, Incoming>;
  readonly outgoing: Map<string, Outgoing>;
  readonly apps: Apps;
  readonly identity: Identity;
  readonly wire: Wire;
  readonly timers: Timers;
  readonly counters: EdgeCounters;
  readonly limits: Limits;
  readonly log: EdgeLog;
  /** What a 405 of the edge's own says that can be done (RFC 3261 §20.5). */
  readonly allow: readonly string[];
  /** In-dialog requests to a caller whose Contact is private go to where it called from. */
  readonly natRepair: boolean;
  /** No new calls: the edge is being stopped. */
  closing: boolean;
}

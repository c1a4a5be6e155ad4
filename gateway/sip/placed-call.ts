import type { Socket } from 'node:net';
import type { RequestHandler, SendOptions, SipDialog, SipResponse } from './srf-messages.ts';

/** What comes of an INVITE of ours. */
export interface CallEvents {
  /** Each provisional response but 100. */
  readonly progress: (res: SipResponse) => void;
  /** Runs before any request in the new dialog is handled; the ACK is on its way. */
  readonly answered: (dialog: SipDialog, res: SipResponse) => void;
  /** Null: it could not be sent, or its 2xx was no use. */
  readonly failed: (res: SipResponse | null) => void;
  /** An UPDATE before the answer. */
  readonly update: RequestHandler;
}

/** An INVITE of ours that is under way. */
export interface PlacedCall {
  /** CANCEL; its outcome is told as for any other INVITE. Idempotent. */
  cancel(headers: Readonly<Record<string, string>>): void;
}

export interface CallOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly localSdp: string;
  /** Next hop; null: the URI says where to go. */
  readonly route: string | null;
}

/** A request of ours, as the library has it. */
interface SentRequest {
  on(event: 'response', listener: (res: SentResponse) => void): void;
  on(event: 'update', listener: RequestHandler): void;
  removeAllListeners(event: 'update'): void;
  cancel(options: SendOptions, done: () => void): void;
}

interface SentResponse extends SipResponse {
  readonly stackDialogId?: string;
}

/** What calling needs of the library. */
export interface CallingLibrary {
  request(
    socket: Socket,
    uri: string,
    options: object,
    done: (error: unknown, req?: Pick<SentRequest, 'on'>) => void,
  ): void;
  createUAC(uri: string, options: object): Promise<unknown>;
  createUAC(
    uri: string,
    options: object,
    on: { cbRequest: (error: unknown, req?: SentRequest) => void; cbProvisional: (res: SipResponse) => void },
    done: (error: unknown, dialog?: SipDialog) => void,
  ): void;
}

/** Sends the INVITE; see `SipStack.call`. */
export function placeCall(
  library: CallingLibrary,
  socket: Socket,
  uri: string,
  { headers, localSdp, route }: CallOptions,
  events: CallEvents,
): PlacedCall {
  let sent: SentRequest | null = null;
  let cancelling: Readonly<Record<string, string>> | null = null;
  let last: SentResponse | null = null;
  if (socket.destroyed) {
    queueMicrotask(() => events.failed(null));
    return { cancel: () => undefined };
  }
  const cbRequest = (_error: unknown, req?: SentRequest): void => {
    if (!req) return;
    sent = req;
    req.on('response', (res) => (last = res));
    // Once the library has its own listener: that answers any UPDATE with our first offer.
    queueMicrotask(() => {
      req.removeAllListeners('update');
      req.on('update', events.update);
    });
    if (cancelling) req.cancel({ headers: cancelling }, () => undefined);
  };
  // The library keeps and changes what it is given.
  const given = {
    headers: { ...headers },
    localSdp,
    ...(route !== null && { proxy: route }),
    _socket: socket,
  };
  library.createUAC(uri, given, { cbRequest, cbProvisional: events.progress }, (_error, dialog) => {
    if (dialog && last) events.answered(dialog, last);
    else {
      const isUseless = last !== null && last.status >= 200 && last.status < 300;
      if (isUseless) endUnusable(library, socket, last);
      events.failed(isUseless || last === null || last.status < 200 ? null : last);
    }
  });
  return {
    cancel(reason) {
      if (cancelling) return;
      cancelling = reason;
      sent?.cancel({ headers: reason }, () => undefined);
    },
  };
}

/** A 2xx without a Contact that can be read makes a dialog at the server all the same. */
function endUnusable(library: CallingLibrary, socket: Socket, res: SentResponse | null): void {
  const stackDialogId = res?.stackDialogId;
  if (stackDialogId === undefined || socket.destroyed) return;
  library.request(socket, 'sip:placeholder', { method: 'BYE', stackDialogId }, () => undefined);
}

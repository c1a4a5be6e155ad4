import { randomUUID } from 'node:crypto';
import type { App } from '../admin/types.ts';
import { dialogIdOf, freshState } from '../dialogs/dialog.ts';
import type { Dialog } from '../dialogs/dialog.ts';
import { calleeRoutes, usableContact } from '../dialogs/routes.ts';
import { ReliableProvisionals } from '../dialogs/reliable.ts';
import { newSequence, newTag } from '../ids.ts';
import { parseAddress, tagOf, withTag } from '../message/address.ts';
import { responseTo } from '../message/build.ts';
import { parseCSeq } from '../message/cseq.ts';
import { serialize } from '../message/serialize.ts';
import type { SipRequest } from '../message/types.ts';
import { noTimer } from '../timers.ts';
import type { Inbound } from '../transactions/layer.ts';
import type { ServerUser } from '../transactions/types.ts';
import type { Context, Incoming } from './context.ts';
import { cdrStop, receivedMeta } from './report.ts';

/** How long an app may say nothing at all to an INVITE, and how long it may ring. */
const silenceMs = 64_000;
const ringingMs = 600_000;

/** Takes a request in for an app. `dialog`: the one it came in. */
export function takeIn(context: Context, inbound: Inbound, app: App, dialog: Dialog | undefined): Incoming {
  const { request, from, receivedOn, transaction } = inbound;
  const isInvite = request.method === 'INVITE';
  const incoming: Incoming = {
    txnId: randomUUID(),
    app,
    request,
    transaction,
    from,
    receivedOn,
    localTag: dialog?.localTag ?? newTag(),
    dialog,
    inDialog: dialog !== undefined,
    answered: false,
    final: undefined,
    // RFC 3262 §3: without a PRACK in time the INVITE is refused with a 5xx.
    reliable: isInvite
      ? new ReliableProvisionals(context.timers, () => giveUp(context, incoming, 504))
      : undefined,
    ownReliable: new Set(),
    stopWaiting: noTimer,
  };
  context.incoming.set(incoming.txnId, incoming);
  context.incomingOf.set(transaction, incoming);
  if (isInvite) {
    incoming.stopWaiting = context.timers.after(silenceMs, () => giveUp(context, incoming, 480));
    if (dialog) dialog.receivedInvite = pendingInvite(context, incoming);
  }
  return incoming;
}

/** The app has spoken: it may ring for a while. RFC 3261 §13.3.1: but not longer than the INVITE's Expires. */
export function startRinging(context: Context, incoming: Incoming): void {
  if (incoming.answered) return;
  incoming.answered = true;
  incoming.stopWaiting();
  const expires = Number.parseInt(incoming.request.headers.get('Expires') ?? '', 10);
  const life = expires > 0 ? Math.min(expires * 1_000, ringingMs) : ringingMs;
  incoming.stopWaiting = context.timers.after(life, () => giveUp(context, incoming, 487));
}

export function userOf(context: Context, incoming: Incoming): ServerUser {
  const forget = (): void => {
    context.incoming.delete(incoming.txnId);
  };
  return {
    onAcknowledged: forget,
    onTimeout: forget,
    // The transaction repeats, or its timers end it: the peer may come back.
    onTransportError: () => undefined,
    onTerminated: () => {
      forget();
      context.incomingOf.delete(incoming.transaction);
      incoming.stopWaiting();
      incoming.reliable?.stop();
      settlePending(incoming);
    },
  };
}

/** RFC 3261 §12.1.1: the dialog that a response of ours makes of an INVITE. */
export function calleeDialog(context: Context, incoming: Incoming): Dialog {
  const { request, localTag, app, from } = incoming;
  const { headers } = request;
  const dialog: Dialog = {
    id: dialogIdOf(request),
    role: 'uas',
    callId: headers.get('Call-ID') ?? '',
    localTag,
    remoteTag: tagOf(headers.get('From')) ?? '',
    localParty: withTag(headers.get('To') ?? '', localTag),
    remoteParty: headers.get('From') ?? '',
    app,
    ...freshState,
    localSequence: newSequence(),
    remoteSequence: parseCSeq(headers.get('CSeq') ?? '').sequence,
    remoteTarget: usableContact(request) ?? fromUri(request),
    routeSet: calleeRoutes(request),
    flow: from,
    sentInvite: undefined,
    receivedInvite: pendingInvite(context, incoming),
    peerTakesUpdate: headers.includes('Allow', 'UPDATE'),
  };
  incoming.dialog = dialog;
  context.dialogs.add(dialog);
  return dialog;
}

/** RFC 2543 callers may give no Contact; their From is where they are. */
export function fromUri(request: SipRequest): string {
  return parseAddress(request.headers.get('From') ?? '').uri;
}

/** The edge answers for the app, which may say no more. */
export function refuseIncoming(context: Context, incoming: Incoming, status: number, reason?: string): void {
  if (incoming.final) return;
  const response = responseTo(incoming.request, status, undefined, incoming.localTag);
  if (reason !== undefined) response.headers.append('Reason', reason);
  const bytes = serialize(response);
  incoming.final = { bytes };
  incoming.stopWaiting();
  incoming.reliable?.stop();
  settlePending(incoming);
  if (incoming.dialog && !incoming.inDialog) context.dialogs.remove(incoming.dialog);
  context.incoming.delete(incoming.txnId);
  incoming.transaction.respond(status, bytes);
}

/** The app is told as if the caller had cancelled: that is the word srf has for it. */
export function reportCancelled(context: Context, incoming: Incoming, cancel: SipRequest): void {
  const bytes = serialize(cancel);
  const meta = receivedMeta(context, incoming.from, bytes.length);
  incoming.app.deliver({ meta, txnId: incoming.txnId, dialogId: incoming.dialog?.id ?? '' }, bytes);
}

/** A CANCEL that never came, for an INVITE that ended in another way. */
export function syntheticCancel(invite: SipRequest, reason: string): SipRequest {
  const headers = invite.headers.clone();
  const { sequence } = parseCSeq(headers.get('CSeq') ?? '');
  headers.set('CSeq', `${sequence} CANCEL`).set('Reason', reason);
  for (const name of ['Contact', 'Require', 'Proxy-Require', 'Content-Type']) headers.remove(name);
  return { kind: 'request', method: 'CANCEL', uri: invite.uri, headers, body: Buffer.alloc(0) };
}

/** Its final response is there: another INVITE or UPDATE may come. */
export function settlePending(incoming: Incoming): void {
  const { dialog, request } = incoming;
  if (!dialog) return;
  if (request.method === 'INVITE') dialog.receivedInvite = undefined;
  if (request.method === 'UPDATE') dialog.receivedUpdate = false;
}

/** Why an INVITE is given up, for its response. RFC 6432 §3: only Q.850 may stand in a response's Reason. */
const gaveUp = {
  480: 'Q.850;cause=18;text="No application answered in time"',
  487: 'Q.850;cause=16;text="The call\'s Expires time is over"',
  504: 'Q.850;cause=102;text="No PRACK came for the reliable ring"',
} as const;

function giveUp(context: Context, incoming: Incoming, status: keyof typeof gaveUp): void {
  if (incoming.final) return;
  refuseIncoming(context, incoming, status, gaveUp[status]);
  reportCancelled(context, incoming, syntheticCancel(incoming.request, `SIP;cause=${status}`));
  if (!incoming.inDialog) cdrStop(context, 'application', 'call-rejected', incoming.request);
}

function pendingInvite(context: Context, incoming: Incoming): NonNullable<Dialog['receivedInvite']> {
  const { sequence: inviteSequence } = parseCSeq(incoming.request.headers.get('CSeq') ?? '');
  return {
    refuse: (status) => refuseIncoming(context, incoming, status),
    prack: (rseq, sequence) => {
      const isForUs = sequence === inviteSequence && incoming.reliable?.acknowledge(rseq) === true;
      if (!isForUs) return undefined;
      return incoming.ownReliable.delete(rseq) ? 'edge' : 'app';
    },
  };
}

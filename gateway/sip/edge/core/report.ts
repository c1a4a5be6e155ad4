import type { Meta } from '../admin/meta.ts';
import { timeOfDay } from '../admin/meta.ts';
import type { App, CdrReason, CdrRole } from '../admin/types.ts';
import { responseTo } from '../message/build.ts';
import { serialize } from '../message/serialize.ts';
import type { SipRequest, SipResponse } from '../message/types.ts';
import type { Peer } from '../transport/types.ts';
import type { Context, Incoming, Outgoing } from './context.ts';

/** The literal in place of a transaction id for what the edge sent by itself. */
const unsolicited = 'unsolicited';

export function receivedMeta(context: Context, from: Peer, bytes: number): Meta {
  const { transport, address, port } = from;
  return { source: 'network', bytes, transport, address, port, timeMs: context.timers.nowMs() };
}

/** A response that was sent names the peer it went to … */
export function sentResponseMeta(context: Context, to: Peer, bytes: number): Meta {
  return { ...receivedMeta(context, to, bytes), source: 'application' };
}

/** … a request that was sent our own side. */
export function sentRequestMeta(context: Context, peer: Peer, bytes: number): Meta {
  const { transport, address, port } = context.identity.outside(peer);
  return { source: 'application', bytes, transport, address, port, timeMs: context.timers.nowMs() };
}

/** A request from the wire goes to its app. */
export function reportRequest(context: Context, incoming: Incoming, bytes: Buffer): void {
  const { app, txnId, dialog, from, inDialog, receivedOn } = incoming;
  const meta = receivedMeta(context, from, bytes.length);
  const { certifiedNames } = from;
  if (inDialog) app.deliver({ meta, txnId, dialogId: dialog?.id ?? '' }, bytes);
  else
    app.deliver({ meta, txnId, dialogId: '', receivedOn, ...(certifiedNames && { certifiedNames }) }, bytes);
}

/** A response from the wire goes to the app whose request it answers. */
export function reportResponse(
  context: Context,
  outgoing: Outgoing,
  response: SipResponse,
  dialogId: string,
): void {
  const bytes = serialize(response);
  const meta = receivedMeta(context, outgoing.peer, bytes.length);
  outgoing.app?.deliver({ meta, txnId: outgoing.txnId, dialogId }, bytes);
}

/** What the edge found out by itself (408, 503 …) reaches the app as a response of no length from nowhere. */
export function reportFailure(context: Context, outgoing: Outgoing, status: number, toTag: string): void {
  const { request, peer, txnId, dialogId, app } = outgoing;
  const meta = { ...receivedMeta(context, peer, 0), address: '', port: 0 };
  app?.deliver({ meta, txnId, dialogId }, serialize(responseTo(request, status, undefined, toTag)));
}

/** A request that the edge sent by itself. */
export function reportUnsolicited(
  context: Context,
  app: App | undefined,
  dialogId: string,
  peer: Peer,
  bytes: Buffer,
): void {
  app?.deliver({ meta: sentRequestMeta(context, peer, bytes.length), txnId: unsolicited, dialogId }, bytes);
}

type Source = 'network' | 'application';

export function cdrAttempt(context: Context, source: Source, invite: SipRequest | Buffer): void {
  cdr(context, 'attempt', source, '', invite);
}

export function cdrStart(
  context: Context,
  source: Source,
  role: CdrRole,
  answer: SipResponse | Buffer,
): void {
  cdr(context, 'start', source, `|${role}`, answer);
}

export function cdrStop(
  context: Context,
  source: Source,
  reason: CdrReason,
  message: SipRequest | SipResponse | Buffer,
): void {
  cdr(context, 'stop', source, `|${reason}`, message);
}

/** One of the apps that want such records gets it; serialized only when there is one. */
function cdr(
  context: Context,
  kind: 'attempt' | 'start' | 'stop',
  source: Source,
  tail: string,
  message: SipRequest | SipResponse | Buffer,
): void {
  const app = context.apps.pick(`cdr:${kind}`);
  if (!app) return;
  const bytes = Buffer.isBuffer(message) ? message : serialize(message);
  app.cdr(kind, `${source}|${timeOfDay(context.timers.nowMs())}${tail}`, bytes);
}

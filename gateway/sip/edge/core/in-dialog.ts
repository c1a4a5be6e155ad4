import { randomInt, randomUUID } from 'node:crypto';
import type { Dialog } from '../dialogs/dialog.ts';
import { leastInterval, readSessionExpires } from '../dialogs/session-timer.ts';
import { tagOf } from '../message/address.ts';
import { responseTo } from '../message/build.ts';
import { parseCSeq } from '../message/cseq.ts';
import { serialize } from '../message/serialize.ts';
import type { SipRequest } from '../message/types.ts';
import type { Inbound } from '../transactions/layer.ts';
import type { ServerUser } from '../transactions/types.ts';
import type { Peer } from '../transport/types.ts';
import { refreshTarget } from './caller-dialogs.ts';
import type { Context } from './context.ts';
import { nobody, refuse } from './refuse.ts';
import { reportCancelled, syntheticCancel, takeIn, userOf } from './incoming.ts';
import { cdrStop, receivedMeta, reportRequest } from './report.ts';
import { changesSession, refreshesTarget } from './rules.ts';

/** RFC 3261 §12.2.2: a request with a To tag. */
export function receiveInDialog(context: Context, inbound: Inbound): ServerUser {
  const { request, from } = inbound;
  const dialog = dialogOf(context, request);
  if (!dialog) return refuse(inbound, 481);
  const { sequence } = parseCSeq(request.headers.get('CSeq') ?? '');
  if (dialog.remoteSequence !== undefined && sequence < dialog.remoteSequence) {
    context.counters.invalid++;
    return refuse(inbound, 500);
  }
  dialog.remoteSequence = sequence;
  dialog.flow = from;
  if (request.method === 'BYE') return receiveBye(context, inbound, dialog);
  if (!dialog.app || dialog.byeSent) return refuse(inbound, 481);
  const glare = glareOf(dialog, request.method);
  if (glare === 500) {
    return refuse(inbound, 500, (response) => response.headers.set('Retry-After', String(randomInt(0, 11))));
  }
  if (glare !== undefined) return refuse(inbound, glare);
  if (request.method === 'PRACK') return receivePrack(context, inbound, dialog);
  if (isTooShort(request))
    return refuse(inbound, 422, ({ headers }) => headers.set('Min-SE', String(leastInterval)));
  if (changesSession.has(request.method) && request.headers.has('Allow'))
    dialog.peerTakesUpdate = request.headers.includes('Allow', 'UPDATE');
  if (refreshesTarget.has(request.method)) refreshTarget(dialog, request);
  if (request.method === 'INVITE') inbound.transaction.respond(100, serialize(responseTo(request, 100)));
  return handOver(context, inbound, dialog);
}

/** RFC 4028 §9. */
function isTooShort({ method, headers }: SipRequest): boolean {
  const asked = changesSession.has(method) ? readSessionExpires(headers) : undefined;
  return asked !== undefined && asked.seconds < leastInterval;
}

function dialogOf(context: Context, { headers }: SipRequest): Dialog | undefined {
  const localTag = tagOf(headers.get('To')) ?? '';
  const remoteTag = tagOf(headers.get('From')) ?? '';
  return context.dialogs.find(headers.get('Call-ID') ?? '', localTag, remoteTag);
}

function handOver(context: Context, inbound: Inbound, dialog: Dialog): ServerUser {
  const { app } = dialog;
  if (!app) return nobody;
  const incoming = takeIn(context, inbound, app, dialog);
  if (inbound.request.method === 'UPDATE') dialog.receivedUpdate = true;
  reportRequest(context, incoming, serialize(inbound.request));
  return userOf(context, incoming);
}

/** RFC 3261 §14.2, RFC 3311 §5.2: two that change the session must not cross. Undefined: nothing in the way. */
function glareOf(dialog: Dialog, method: string): 491 | 500 | undefined {
  if (method === 'INVITE') {
    if (dialog.sentInvite || (dialog.state === 'early' && dialog.role === 'uac')) return 491;
    return dialog.receivedInvite ? 500 : undefined;
  }
  if (method !== 'UPDATE') return undefined;
  if (dialog.sentUpdate) return 491;
  return dialog.receivedUpdate ? 500 : undefined;
}

/** RFC 3261 §15.1.2: what of the caller's is still open gets 487. */
function receiveBye(context: Context, inbound: Inbound, dialog: Dialog): ServerUser {
  const { request } = inbound;
  // RFC 3261 §15: a callee must not end an early dialog so.
  if (dialog.state === 'early' && dialog.role === 'uac') return refuse(inbound, 481);
  if (dialog.state === 'early') return endEarly(context, inbound, dialog);
  dialog.receivedInvite?.refuse(487);
  const crossed = dialog.byeSent || !dialog.app;
  context.dialogs.remove(dialog);
  dialog.answer?.settle();
  if (crossed) return refuse(inbound, 200);
  cdrStop(context, 'network', 'normal-release', request);
  return handOver(context, inbound, dialog);
}

/** A caller may end its call by BYE before the answer; srf only knows CANCEL for that. */
function endEarly(context: Context, inbound: Inbound, dialog: Dialog): ServerUser {
  for (const incoming of context.incoming.values()) {
    if (incoming.dialog !== dialog || incoming.request.method !== 'INVITE') continue;
    dialog.receivedInvite?.refuse(487);
    reportCancelled(context, incoming, syntheticCancel(incoming.request, 'SIP;cause=487'));
    cdrStop(context, 'network', 'call-canceled', incoming.request);
    break;
  }
  return refuse(inbound, 200);
}

/** RFC 3262 §3: a PRACK that acknowledges nothing gets 481. */
function receivePrack(context: Context, inbound: Inbound, dialog: Dialog): ServerUser {
  const rack = /^(\d{1,10})\s+(\d{1,10})\s+INVITE$/.exec(inbound.request.headers.get('RAck') ?? '');
  if (!rack) return refuse(inbound, 400);
  const [, rseq, sequence] = rack;
  const { receivedInvite } = dialog;
  switch (receivedInvite?.prack(Number(rseq), Number(sequence))) {
    case 'app':
      return handOver(context, inbound, dialog);
    case 'edge':
      return refuse(inbound, 200);
    case undefined:
      return refuse(inbound, 481);
  }
}

/** RFC 3261 §13.3.1.4: the ACK to a 2xx. Repetitions go no further. */
export function receiveAck(context: Context, ack: SipRequest, from: Peer): void {
  const dialog = dialogOf(context, ack);
  const { sequence } = parseCSeq(ack.headers.get('CSeq') ?? '');
  const answer = dialog?.answer;
  if (!dialog || answer?.sequence !== sequence) {
    context.counters.strays++;
    return;
  }
  if (!answer.isOpen) return;
  dialog.flow = from;
  const bytes = serialize(ack);
  const meta = receivedMeta(context, from, bytes.length);
  // The ACK to the first 2xx has the INVITE's transaction id, one to a re-INVITE's a fresh one.
  const txnId = context.incoming.get(answer.txnId)?.inDialog === false ? answer.txnId : randomUUID();
  context.incoming.delete(answer.txnId);
  dialog.app?.deliver({ meta, txnId, dialogId: dialog.id }, bytes);
  answer.settle();
}

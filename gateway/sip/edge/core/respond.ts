import type { App, AppResponse, Outcome } from '../admin/types.ts';
import { Answer } from '../dialogs/answer.ts';
import { dialogIdOf, rememberDescription } from '../dialogs/dialog.ts';
import type { Dialog } from '../dialogs/dialog.ts';
import { tagOf } from '../message/address.ts';
import { parseCSeq } from '../message/cseq.ts';
import { serialize } from '../message/serialize.ts';
import type { SipResponse } from '../message/types.ts';
import { composeResponse } from './compose.ts';
import type { Context, Incoming } from './context.ts';
import { endDialog } from './end.ts';
import { calleeDialog, settlePending, startRinging } from './incoming.ts';
import { cdrStart, cdrStop, sentResponseMeta } from './report.ts';
import { settleSession } from './session.ts';

const unknownTransaction: Outcome = { ok: false, text: 'Response not sent due to unknown transaction' };

/** An app answers a request that was delivered to it. */
export function respondForApp(context: Context, app: App, txnId: string, response: AppResponse): Outcome {
  const incoming = context.incoming.get(txnId);
  if (incoming?.app !== app) return unknownTransaction;
  // A second final response is not sent; until the ACK the app is shown the first.
  if (incoming.final) return sent(context, incoming, incoming.final.bytes);
  takeTag(incoming, response);
  return incoming.request.method === 'INVITE'
    ? answerInvite(context, incoming, response)
    : answerPlain(context, incoming, response);
}

/** Before the first response an app may choose the tag that it has. */
function takeTag(incoming: Incoming, response: AppResponse): void {
  const tag = tagOf(response.headers.get('To'));
  if (tag !== undefined && !incoming.answered && !incoming.dialog) incoming.localTag = tag;
}

function sent(context: Context, incoming: Incoming, bytes: Buffer): Outcome {
  const { request, txnId, from, inDialog } = incoming;
  const named = request.method === 'INVITE' || (inDialog && request.method !== 'BYE');
  const dialogId = named ? (incoming.dialog?.id ?? dialogIdOf(request)) : '';
  return { ok: true, meta: sentResponseMeta(context, from, bytes.length), txnId, dialogId, message: bytes };
}

function compose(context: Context, incoming: Incoming, response: AppResponse): SipResponse {
  const { request, localTag, from } = incoming;
  const { identity } = context;
  return composeResponse({ request, response, localTag, peer: from, identity });
}

function answerPlain(context: Context, incoming: Incoming, response: AppResponse): Outcome {
  const composed = compose(context, incoming, response);
  const bytes = serialize(composed);
  if (response.status >= 200) {
    incoming.final = { bytes };
    settlePending(incoming);
    context.incoming.delete(incoming.txnId);
  }
  incoming.transaction.respond(response.status, bytes);
  const { dialog, request } = incoming;
  if (dialog?.state === 'confirmed' && request.method === 'UPDATE' && is2xx(response.status))
    settle(context, dialog, composed);
  return sent(context, incoming, bytes);
}

/** What a 2xx to INVITE or UPDATE settles of the session. */
function settle(context: Context, dialog: Dialog, answer: SipResponse): void {
  rememberDescription(dialog, answer);
  settleSession(context, dialog, answer.headers, false);
}

function is2xx(status: number): boolean {
  return status >= 200 && status < 300;
}

function answerInvite(context: Context, incoming: Incoming, response: AppResponse): Outcome {
  if (response.status > 100) startRinging(context, incoming);
  if (response.status >= 300) return refuse(context, incoming, response);
  if (response.status > 100 && !incoming.dialog) calleeDialog(context, incoming);
  return response.status >= 200
    ? accept(context, incoming, response)
    : provisional(context, incoming, response);
}

function provisional(context: Context, incoming: Incoming, response: AppResponse): Outcome {
  const { request, transaction, reliable } = incoming;
  const composed = compose(context, incoming, response);
  const asked = response.headers.includes('Require', '100rel');
  const insisted = request.headers.includes('Require', '100rel');
  const able = insisted || request.headers.includes('Supported', '100rel');
  if (asked && !able) return { ok: false, text: 'Remote endpoint does not support 100rel' };
  if (response.status === 100 || !reliable || !(asked || insisted)) {
    const bytes = serialize(composed);
    transaction.respond(response.status, bytes);
    return sent(context, incoming, bytes);
  }
  // RFC 3262 §3: to a caller that requires it each one is reliable, whether the app knows or not.
  const sequence = reliable.takeSequence();
  composed.headers.set('RSeq', String(sequence));
  if (!asked) {
    composed.headers.append('Require', '100rel');
    incoming.ownReliable.add(sequence);
  }
  const bytes = serialize(composed);
  reliable.send(sequence, composed.body.length > 0, () => transaction.respond(response.status, bytes));
  return sent(context, incoming, bytes);
}

function accept(context: Context, incoming: Incoming, response: AppResponse): Outcome {
  const composed = compose(context, incoming, response);
  const bytes = serialize(composed);
  const { dialog } = incoming;
  // Not before it leaves: while it waits for a PRACK the caller may still cancel.
  const send = (): void => {
    incoming.final = { bytes };
    incoming.stopWaiting();
    if (dialog) {
      startAnswer(context, incoming, dialog, response.status, bytes);
      settle(context, dialog, composed);
    }
    if (!incoming.inDialog) cdrStart(context, 'application', 'uas', bytes);
  };
  if (incoming.reliable) incoming.reliable.sendFinal(true, send);
  else send();
  return sent(context, incoming, bytes);
}

/** RFC 3261 §13.3.1.4: repeat the 2xx until the ACK; without one for 64·T1, end the call. */
function startAnswer(
  context: Context,
  incoming: Incoming,
  dialog: Dialog,
  status: number,
  bytes: Buffer,
): void {
  const { transaction, request, txnId } = incoming;
  settlePending(incoming);
  dialog.state = dialog.state === 'ended' ? 'ended' : 'confirmed';
  // A new INVITE says that the caller has the answer to the last one, even if its ACK was lost.
  dialog.answer?.settle();
  dialog.answer = new Answer({
    sequence: parseCSeq(request.headers.get('CSeq') ?? '').sequence,
    txnId,
    timers: context.timers,
    repeat: () => transaction.respond(status, bytes),
    onTimeout: () => {
      context.counters.ackTimeouts++;
      endDialog(context, dialog, 'SIP;cause=200;text="ACK timeout"');
    },
  });
  transaction.respond(status, bytes);
}

function refuse(context: Context, incoming: Incoming, response: AppResponse): Outcome {
  const bytes = serialize(compose(context, incoming, response));
  const outcome = sent(context, incoming, bytes);
  incoming.final = { bytes };
  incoming.stopWaiting();
  incoming.reliable?.sendFinal(false, () => undefined);
  settlePending(incoming);
  incoming.transaction.respond(response.status, bytes);
  if (!incoming.inDialog) {
    if (incoming.dialog) context.dialogs.remove(incoming.dialog);
    cdrStop(context, 'application', 'call-rejected', bytes);
  }
  return outcome;
}

import type { App, AppRequest, Outcome } from '../admin/types.ts';
import { cancelFor } from '../message/build.ts';
import { headerKey } from '../message/names.ts';
import { serialize } from '../message/serialize.ts';
import type { SipRequest } from '../message/types.ts';
import { InviteClientTransaction } from '../transactions/invite-client.ts';
import type { ClientUser } from '../transactions/types.ts';
import type { Context, Outgoing } from './context.ts';
import { sentRequestMeta } from './report.ts';
import { randomUUID } from 'node:crypto';

/** Nobody waits for what becomes of a CANCEL: the INVITE's final response says it. */
const nobody: ClientUser = {
  onResponse: () => undefined,
  onTimeout: () => undefined,
  onTransportError: () => undefined,
  onTerminated: () => undefined,
};

/** What a CANCEL takes from its INVITE (RFC 3261 §9.1); an app may add others, such as Reason. */
const ofInvite = new Set([
  'via',
  'from',
  'to',
  'call-id',
  'cseq',
  'route',
  'record-route',
  'max-forwards',
  'require',
  'proxy-require',
  'contact',
  'content-length',
]);

export function cancelForApp(context: Context, app: App, txnId: string, request: AppRequest): Outcome {
  const outgoing = context.outgoing.get(txnId);
  if (outgoing?.app !== app || outgoing.request.method !== 'INVITE') {
    return { ok: false, text: `unable to cancel unknown transaction id: ${txnId}` };
  }
  const cancel = cancelFor(outgoing.request);
  for (const { name, value } of request.headers) {
    if (!ofInvite.has(headerKey(name))) cancel.headers.append(name, value);
  }
  const message = requestCancel(context, outgoing, cancel);
  const meta = sentRequestMeta(context, outgoing.peer, message.length);
  return { ok: true, meta, txnId: randomUUID(), dialogId: '', message };
}

/** RFC 3261 §9.1: sent at once if the INVITE has had a provisional response, else when it gets one. */
export function requestCancel(context: Context, outgoing: Outgoing, cancel: SipRequest): Buffer {
  const bytes = serialize(cancel);
  if (outgoing.cancelled || outgoing.finalStatus !== undefined) return bytes;
  outgoing.cancelled = true;
  outgoing.sendCancel = () => {
    outgoing.sendCancel = undefined;
    if (outgoing.finalStatus !== undefined) return;
    context.layer.client(cancel, bytes, outgoing.peer, nobody).start();
    if (outgoing.transaction instanceof InviteClientTransaction) outgoing.transaction.cancelled();
  };
  if (outgoing.provisional) outgoing.sendCancel();
  return bytes;
}

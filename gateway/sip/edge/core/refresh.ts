import type { Dialog } from '../dialogs/dialog.ts';
import type { SessionTimer } from '../dialogs/session-timer.ts';
import { Headers } from '../message/headers.ts';
import { cancelFor } from '../message/build.ts';
import { parseNumber } from '../message/text.ts';
import type { SipResponse } from '../message/types.ts';
import type { ClientUser } from '../transactions/types.ts';
import { begin } from './begin.ts';
import { requestCancel } from './cancel.ts';
import { composeInDialog } from './compose.ts';
import type { Context, Outgoing } from './context.ts';
import { endDialog } from './end.ts';
import { OutgoingReinvite } from './invite-out.ts';
import { newOutgoing, nowhere, plainUser, resolveInDialog } from './send.ts';

/** When something crossed: RFC 3261 §14.1 asks for at most 4 s. */
const crossedMs = 4_000;

const gone = 'SIP;cause=408;text="Session refresh got no answer"';

/** To an UPDATE: the peer does not know it, whatever its Allow said. */
const unknownMethod = new Set([405, 420, 501]);

/** RFC 4028 §4: of a request of ours, in which we are the UAC. */
export function sessionExpires({ seconds, weRefresh }: SessionTimer): string {
  return `${seconds};refresher=${weRefresh ? 'uac' : 'uas'}`;
}

/**
 * RFC 4028 §7.4: an UPDATE without offer if the peer knows UPDATE, else a re-INVITE that says our last description
 * again, unchanged. The app hears nothing of it. `accepted` gets the 2xx.
 */
export async function refreshSession(
  context: Context,
  dialog: Dialog,
  accepted: (response: SipResponse) => void,
): Promise<void> {
  const { session } = dialog;
  if (!session || dialog.state !== 'confirmed' || dialog.byeSent) return;
  if (isBusy(dialog)) {
    session.refreshAfter(crossedMs);
    return;
  }
  const description = dialog.peerTakesUpdate ? undefined : dialog.localDescription;
  const method = description ? 'INVITE' : 'UPDATE';
  const sequence = ++dialog.localSequence;
  if (description) dialog.sentInvite = { cancel: () => undefined };
  else dialog.sentUpdate = true;
  const headers = Headers.from([
    ['Supported', 'timer'],
    ['Session-Expires', sessionExpires(session)],
  ]);
  if (description) headers.append('Content-Type', description.type);
  const target = await resolveInDialog(context, dialog);
  const request = composeInDialog({
    dialog,
    app: { method, headers, body: description?.body ?? Buffer.alloc(0) },
    sequence,
    peer: target.ok ? target.peer : nowhere,
    identity: context.identity,
  });
  const facts = { app: undefined, request, target, dialogId: dialog.id, inDialog: true, dialog };
  const outgoing = newOutgoing(context, facts);
  const settle = (status: number, response: SipResponse | undefined): void => {
    if (dialog.session !== session) return;
    if (response && status < 300) accepted(response);
    else refused(context, dialog, session, { method, status, response });
  };
  begin(context, outgoing, target, userFor(context, outgoing, dialog, settle));
}

/** RFC 3261 §14.1, RFC 3311 §5.1: nothing that changes the session is under way. */
function isBusy(dialog: Dialog): boolean {
  const { sentInvite, receivedInvite, sentUpdate, receivedUpdate, answer } = dialog;
  return Boolean(sentInvite ?? receivedInvite) || sentUpdate || receivedUpdate || answer?.isOpen === true;
}

function userFor(
  context: Context,
  outgoing: Outgoing,
  dialog: Dialog,
  settle: (status: number, response: SipResponse | undefined) => void,
): ClientUser {
  if (outgoing.request.method === 'INVITE') {
    dialog.sentInvite = { cancel: () => requestCancel(context, outgoing, cancelFor(outgoing.request)) };
    return new OutgoingReinvite(context, outgoing, dialog, settle);
  }
  return plainUser(context, outgoing, (status, response) => {
    dialog.sentUpdate = false;
    settle(status, response);
  });
}

/** The interval that a 422 asks for, in seconds (RFC 4028 §5). */
function leastOf(response: SipResponse | undefined): number {
  const [seconds = ''] = (response?.headers.get('Min-SE') ?? '').split(';', 1);
  return parseNumber(seconds.trim(), 1_000_000) ?? 0;
}

function refused(
  context: Context,
  dialog: Dialog,
  session: SessionTimer,
  outcome: { method: string; status: number; response: SipResponse | undefined },
): void {
  const { method, status, response } = outcome;
  const least = status === 422 ? leastOf(response) : 0;
  if (status === 408 || status === 481) {
    // RFC 3261 §12.2.1.2: the peer has lost the call, or is lost itself.
    endDialog(context, dialog, gone, 'session-expired');
  } else if (least > session.seconds) {
    // RFC 4028 §7.3: it wants a longer interval. One that names none would refuse the same again, at once.
    session.lengthen(least);
    session.refreshAfter(0);
  } else if (method === 'UPDATE' && unknownMethod.has(status) && dialog.localDescription) {
    dialog.peerTakesUpdate = false;
    session.refreshAfter(0);
  } else {
    // What else may pass; if it does not, the session ends when its time is over.
    session.refreshAfter(status === 491 ? crossedMs : (session.seconds / 6) * 1000);
  }
}

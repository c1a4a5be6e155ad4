import type { App, AppRequest, Outcome, RequestAddress } from '../admin/types.ts';
import type { Dialog } from '../dialogs/dialog.ts';
import { dialogIdOf, rememberDescription } from '../dialogs/dialog.ts';
import { parseAddress } from '../message/address.ts';
import { cancelFor } from '../message/build.ts';
import { SipParseError } from '../message/errors.ts';
import { parseUri, schemeOf } from '../message/uri.ts';
import type { ClientUser } from '../transactions/types.ts';
import { AbandonedInvite } from './abandoned-invite.ts';
import { acknowledgeForApp } from './acknowledge.ts';
import { begin } from './begin.ts';
import { composeInDialog, composeRequest, setContentType } from './compose.ts';
import { cancelForApp, requestCancel } from './cancel.ts';
import { refreshTarget } from './caller-dialogs.ts';
import type { Context, Outgoing } from './context.ts';
import { OutgoingInvite, OutgoingReinvite } from './invite-out.ts';
import { cdrAttempt, cdrStop } from './report.ts';
import { knownMethods } from './rules.ts';
import { newOutgoing, nowhere, plainUser, resolve, resolveInDialog, sentOutcome } from './send.ts';
import type { Target } from './send.ts';
import { settleSession, withSession } from './session.ts';

type Reply = (outcome: Outcome) => void;

const noDialog = 'Server error: unable to find dialog for dialog id provided';
const unsupportedTransport = 'requested protocol/transport not available';

/** A request that an app wants sent. `reply` comes before it leaves; the texts of refusals are drachtio-server's. */
export async function sendForApp(
  context: Context,
  app: App,
  address: RequestAddress,
  request: AppRequest,
  reply: Reply,
): Promise<void> {
  if (request.method === 'CANCEL') {
    reply(cancelForApp(context, app, address.txnId, request));
    return;
  }
  if (!knownMethods.has(request.method)) {
    reply({ ok: false, text: `invalid request-uri: ${request.startLine}` });
    return;
  }
  if (request.method === 'ACK') {
    reply(await acknowledgeForApp(context, app, address.dialogId, request));
    return;
  }
  if (!setContentType(request)) {
    reply({ ok: false, text: 'missing content-type' });
    return;
  }
  if (address.dialogId === '') await sendOutside(context, app, address.routeUri, request, reply);
  else await sendInside(context, app, address.dialogId, request, reply);
}

async function sendOutside(
  context: Context,
  app: App,
  routeUri: string,
  request: AppRequest,
  reply: Reply,
): Promise<void> {
  if (request.method === 'INVITE' && context.dialogs.size >= context.limits.maxDialogs) {
    context.counters.overloaded++;
    reply({ ok: false, text: 'Server error: too many dialogs' });
    return;
  }
  const nextHop = nextHopFor(request, routeUri);
  if (nextHop === undefined) {
    reply({ ok: false, text: `invalid request-uri: ${request.startLine}` });
    return;
  }
  const target = await resolve(context, nextHop);
  const refusal = refusalOf(context, target);
  if (refusal !== undefined) {
    reply({ ok: false, text: refusal });
    return;
  }
  const composed = composeRequest(request, target.ok ? target.peer : nowhere, context.identity);
  const isInvite = request.method === 'INVITE';
  const id = isInvite || request.method === 'SUBSCRIBE' ? dialogIdOf(composed) : '';
  const outgoing = newOutgoing(context, { app, request: composed, target, dialogId: id, inDialog: false });
  if (isInvite) cdrAttempt(context, 'application', outgoing.bytes);
  reply(sentOutcome(context, outgoing));
  if (!isInvite) {
    begin(context, outgoing, target, plainUser(context, outgoing));
    return;
  }
  const user = new OutgoingInvite(context, outgoing, (dialog, { headers }) =>
    settleSession(context, dialog, headers, true),
  );
  begin(
    context,
    outgoing,
    target,
    user,
    (left, transaction) => new AbandonedInvite(context, left, transaction),
  );
}

/** The URI that is asked for an address; undefined: there is none that can be read. */
function nextHopFor(request: AppRequest, routeUri: string): string | undefined {
  try {
    const isTel = schemeOf(request.uri) === 'tel';
    if (!isTel) parseUri(request.uri);
    const routed = routeUri === '' ? request.headers.get('Route') : routeUri;
    if (routed === undefined) return isTel ? undefined : request.uri;
    const hop = routed.includes('<') ? parseAddress(routed).uri : routed;
    const uri = schemeOf(hop).startsWith('sip') ? hop : `sip:${hop}`;
    parseUri(uri);
    return uri;
  } catch (error) {
    if (error instanceof SipParseError) return undefined;
    throw error;
  }
}

function refusalOf(context: Context, target: Target): string | undefined {
  if (!target.ok) return target.error.code === 'TRANSPORT_UNSUPPORTED' ? unsupportedTransport : undefined;
  return context.identity.isSelf(target.peer) ? 'can not send request to myself' : undefined;
}

async function sendInside(
  context: Context,
  app: App,
  id: string,
  request: AppRequest,
  reply: Reply,
): Promise<void> {
  const dialog =
    request.method === 'PRACK' ? provisionalFork(context, id, request) : context.dialogs.byId(id);
  if (!dialog || dialog.app !== app || dialog.byeSent) {
    reply({ ok: false, text: noDialog });
    return;
  }
  const refusal = glareOf(dialog, request.method);
  if (refusal !== undefined) {
    reply({ ok: false, text: refusal });
    return;
  }
  // Taken now: requests that wait for an address must not change their order.
  const sequence = ++dialog.localSequence;
  if (request.method === 'BYE') dialog.byeSent = true;
  if (request.method === 'UPDATE') dialog.sentUpdate = true;
  if (request.method === 'INVITE') dialog.sentInvite = { cancel: () => undefined };
  const target = await resolveInDialog(context, dialog);
  const peer = target.ok ? target.peer : nowhere;
  const asked = withSession(dialog, request);
  const composed = composeInDialog({ dialog, app: asked, sequence, peer, identity: context.identity });
  const facts = { app, request: composed, target, dialogId: dialog.id, inDialog: true, dialog };
  const outgoing = newOutgoing(context, facts);
  const user = userInDialog(context, outgoing, dialog);
  reply(sentOutcome(context, outgoing));
  // RFC 3261 §14.1 and §15: neither may cross an ACK that is still to come.
  const mustWait = request.method === 'BYE' || request.method === 'INVITE';
  if (mustWait && dialog.answer?.isOpen) {
    dialog.answer.afterAck(() => begin(context, outgoing, target, user));
  } else begin(context, outgoing, target, user);
}

/** RFC 3262 §4: the PRACK belongs to the fork whose reliable response it names. */
function provisionalFork(context: Context, id: string, request: AppRequest): Dialog | undefined {
  const sequence = Number.parseInt(request.headers.get('RAck') ?? '', 10);
  const forks = context.dialogs.forks(id);
  return forks.findLast((fork) => fork.lastReliable === sequence) ?? forks.at(-1);
}

/** RFC 3261 §14.1, RFC 3311 §5.1. */
function glareOf(dialog: Dialog, method: string): string | undefined {
  if (method === 'INVITE' && (dialog.sentInvite ?? dialog.receivedInvite)) {
    return 'Server error: another INVITE is in progress in this dialog';
  }
  if (method === 'UPDATE' && (dialog.sentUpdate || dialog.receivedUpdate)) {
    return 'Server error: another UPDATE is in progress in this dialog';
  }
  return undefined;
}

function userInDialog(context: Context, outgoing: Outgoing, dialog: Dialog): ClientUser {
  switch (outgoing.request.method) {
    case 'INVITE':
      dialog.lastReliable = undefined;
      dialog.sentInvite = { cancel: () => requestCancel(context, outgoing, cancelFor(outgoing.request)) };
      return new OutgoingReinvite(context, outgoing, dialog, (_status, response) => {
        if (response && response.status < 300) settleSession(context, dialog, response.headers, true);
      });
    case 'UPDATE':
      return plainUser(context, outgoing, (_status, response) => {
        dialog.sentUpdate = false;
        if (!response || response.status >= 300) return;
        refreshTarget(dialog, response);
        rememberDescription(dialog, outgoing.request);
        settleSession(context, dialog, response.headers, true);
      });
    case 'BYE':
      dialog.sentInvite?.cancel();
      return plainUser(context, outgoing, (status) => {
        // The BYE was challenged: the app sends it again.
        if (status === 401 || status === 407) dialog.byeSent = false;
        else {
          context.dialogs.remove(dialog);
          cdrStop(context, 'application', 'normal-release', outgoing.bytes);
        }
      });
    default:
      return plainUser(context, outgoing);
  }
}

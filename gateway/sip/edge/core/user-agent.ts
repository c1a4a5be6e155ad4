import type { App, AppRequest, AppRequests, AppResponse, Outcome, RequestAddress } from '../admin/types.ts';
import { cancelFor, canAnswer } from '../message/build.ts';
import type { Dialog } from '../dialogs/dialog.ts';
import { isOurVia } from '../ids.ts';
import type { SipParseError } from '../message/errors.ts';
import type { SipMessage, SipRequest, SipResponse } from '../message/types.ts';
import { validateRequest, validateResponse } from '../message/validate.ts';
import type { Inbound, TransactionUser } from '../transactions/layer.ts';
import type { ServerUser } from '../transactions/types.ts';
import type { LocalAddress, Peer } from '../transport/types.ts';
import { acknowledgeAndEnd } from './acknowledge.ts';
import { requestCancel } from './cancel.ts';
import type { Context } from './context.ts';
import { endDialog } from './end.ts';
import { receiveAck } from './in-dialog.ts';
import { receiveRequest } from './inbound.ts';
import { refuseIncoming } from './incoming.ts';
import { sendForApp } from './outbound.ts';
import { cdrStop } from './report.ts';
import { respondForApp } from './respond.ts';

const appGone = 'SIP;cause=503;text="Application gone"';
const closing = 'SIP;cause=503;text="Shutting down"';

/** RFC 3261's UA core: stands between the wire, with its transactions, and the apps. */
export class UserAgent implements TransactionUser, AppRequests {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** A message that parsed. One that shows a fault of ours is dropped: it must not end everybody's calls. */
  receive(message: SipMessage, from: Peer, receivedOn: LocalAddress): void {
    try {
      this.#take(message, from, receivedOn);
    } catch (error) {
      this.#context.log.error({ err: error }, 'message failed');
    }
  }

  /** What breaks SIP's rules is answered here, before any state is made. */
  #take(message: SipMessage, from: Peer, receivedOn: LocalAddress): void {
    const { layer, counters } = this.#context;
    if (message.kind === 'response') {
      if (validateResponse(message) === null) layer.receive(message, from, receivedOn);
      else counters.strays++;
      return;
    }
    const refusal = validateRequest(message);
    if (refusal === null) {
      layer.receive(message, from, receivedOn);
      return;
    }
    counters.invalid++;
    if (canAnswer(message)) layer.respondStateless(message, from, refusal.status);
  }

  /** A request with a fault that the parser found. */
  receiveInvalid(error: SipParseError, from: Peer): void {
    const { layer, counters } = this.#context;
    counters.invalid++;
    const { partial } = error;
    // Under our own Via it is a broken response to us: an answer would come back as one.
    if (partial?.kind !== 'request' || !canAnswer(partial) || isOurVia(partial.headers.get('Via') ?? ''))
      return;
    layer.respondStateless(partial, from, error.status);
  }

  onRequest(inbound: Inbound): ServerUser {
    return receiveRequest(this.#context, inbound);
  }

  onAck(ack: SipRequest, from: Peer): void {
    receiveAck(this.#context, ack, from);
  }

  onStrayResponse(_response: SipResponse, _from: Peer): void {
    this.#context.counters.strays++;
  }

  respond(app: App, txnId: string, response: AppResponse): Outcome {
    return respondForApp(this.#context, app, txnId, response);
  }

  request(app: App, address: RequestAddress, request: AppRequest, reply: (outcome: Outcome) => void): void {
    sendForApp(this.#context, app, address, request, reply).catch((error: unknown) => {
      this.#context.log.error({ err: error }, 'app’s request failed');
      reply({ ok: false, text: 'Server error: the request could not be sent' });
    });
  }

  /**
   * An app's connection is gone, and with it whoever knew its calls. drachtio-server leaves their peers in calls
   * with nobody (and 481 for each INFO and BYE of theirs); here live dialogs get a BYE with a Reason, open
   * requests 503, and INVITEs of its own a CANCEL.
   */
  appGone(app: App): void {
    const context = this.#context;
    for (const incoming of [...context.incoming.values()]) {
      if (incoming.app !== app || incoming.final) continue;
      refuseIncoming(context, incoming, 503, appGone);
      if (!incoming.inDialog)
        cdrStop(context, 'application', 'system-initiated-termination', incoming.request);
    }
    for (const outgoing of [...context.outgoing.values()]) {
      if (outgoing.app !== app) continue;
      outgoing.app = undefined;
      if (outgoing.request.method === 'INVITE') requestCancel(context, outgoing, cancelFor(outgoing.request));
    }
    const dialogs = context.dialogs.all().filter((dialog) => dialog.app === app);
    for (const dialog of dialogs) {
      dialog.app = undefined;
      abandon(context, dialog, appGone);
    }
    if (dialogs.length > 0)
      context.log.warn({ app: app.id, dialogs: dialogs.length }, 'app gone, its calls end');
  }

  /** The edge is being stopped: no new calls, and a goodbye to those there are. */
  endAll(): void {
    const context = this.#context;
    context.closing = true;
    for (const incoming of [...context.incoming.values()]) {
      if (!incoming.final) refuseIncoming(context, incoming, 503, closing);
    }
    for (const outgoing of [...context.outgoing.values()]) {
      if (outgoing.request.method === 'INVITE') requestCancel(context, outgoing, cancelFor(outgoing.request));
    }
    for (const dialog of context.dialogs.all()) abandon(context, dialog, closing);
  }

  /** Stops all timers. The wire is closed. */
  forgetAll(): void {
    const { dialogs, layer } = this.#context;
    for (const dialog of dialogs.all()) {
      dialog.answer?.abandon();
      dialogs.remove(dialog);
    }
    layer.close();
  }
}

/** A dialog without an app: a 2xx that it has not acknowledged is, then BYE. Early ones end with their INVITE. */
function abandon(context: Context, dialog: Dialog, reason: string): void {
  if (dialog.state !== 'confirmed') return;
  const { toAcknowledge } = dialog;
  if (toAcknowledge && !toAcknowledge.sent) void acknowledgeAndEnd(context, dialog, toAcknowledge, reason);
  else endDialog(context, dialog, reason);
}

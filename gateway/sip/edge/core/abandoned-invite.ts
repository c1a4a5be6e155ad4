import { cancelFor } from '../message/build.ts';
import type { SipResponse } from '../message/types.ts';
import type { ClientTransaction, ClientUser } from '../transactions/types.ts';
import { acknowledgeAgain, acknowledgeAndEnd } from './acknowledge.ts';
import { acknowledgementOf, callerDialog, confirm, remoteTagOf } from './caller-dialogs.ts';
import { requestCancel } from './cancel.ts';
import type { Context, Outgoing } from './context.ts';
import { newOutgoing } from './send.ts';

const tooLate = 'SIP;cause=408;text="Answered too late"';

/**
 * An INVITE whose server said nothing for so long that nobody waits for it any more. Should it wake up, it gets a CANCEL
 * (RFC 3261 §9.1), and an ACK and a BYE if it answers: nobody's telephone rings for ever, or is answered by silence.
 */
export class AbandonedInvite implements ClientUser {
  readonly #context: Context;
  readonly #outgoing: Outgoing;

  constructor(context: Context, outgoing: Outgoing, transaction: ClientTransaction) {
    this.#context = context;
    const { request, peer, dialogId } = outgoing;
    const target = { ok: true, peer, others: [] } as const;
    this.#outgoing = newOutgoing(context, { app: undefined, request, target, dialogId, inDialog: false });
    this.#outgoing.transaction = transaction;
    requestCancel(context, this.#outgoing, cancelFor(request));
  }

  onResponse(response: SipResponse): void {
    const outgoing = this.#outgoing;
    if (response.status < 200) {
      outgoing.provisional = true;
      outgoing.sendCancel?.();
      return;
    }
    outgoing.finalStatus = response.status;
    if (response.status < 300) this.#end(response);
  }

  onTimeout(): void {
    this.#outgoing.finalStatus = 408;
  }

  onTransportError(): void {
    this.#outgoing.finalStatus = 503;
  }

  onTerminated(): void {
    this.#context.outgoing.delete(this.#outgoing.txnId);
  }

  #end(response: SipResponse): void {
    const context = this.#context;
    const { request, peer, acknowledgements } = this.#outgoing;
    const remoteTag = remoteTagOf(response);
    if (remoteTag === undefined) return;
    const known = acknowledgements.get(remoteTag);
    if (known) {
      acknowledgeAgain(context, known);
      return;
    }
    const dialog = callerDialog({ request, response, remoteTag, flow: peer, app: undefined });
    context.dialogs.add(dialog);
    confirm(dialog, response);
    const acknowledgement = acknowledgementOf(request, true);
    acknowledgements.set(remoteTag, acknowledgement);
    dialog.toAcknowledge = acknowledgement;
    void acknowledgeAndEnd(context, dialog, acknowledgement, tooLate);
  }
}

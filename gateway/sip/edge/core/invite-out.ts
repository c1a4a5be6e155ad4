import { rememberDescription } from '../dialogs/dialog.ts';
import type { Dialog } from '../dialogs/dialog.ts';
import { newTag } from '../ids.ts';
import { parseNumber } from '../message/text.ts';
import type { SipResponse } from '../message/types.ts';
import type { ClientUser } from '../transactions/types.ts';
import { acknowledgeAgain, acknowledgeAndEnd, acknowledgeByEdge } from './acknowledge.ts';
import { acknowledgementOf, callerDialog, confirm, refreshTarget, remoteTagOf } from './caller-dialogs.ts';
import type { Context, Outgoing } from './context.ts';
import { cdrStart, cdrStop, reportFailure, reportResponse } from './report.ts';

const unwanted = 'SIP;cause=200;text="Answered by another branch"';
const givenUp = 'SIP;cause=487;text="Request Terminated"';

/** The caller's side of RFC 3261 §13.2: an INVITE that makes a dialog, perhaps several (forks). */
export class OutgoingInvite implements ClientUser {
  readonly #context: Context;
  readonly #outgoing: Outgoing;
  /** By remote tag; forks of the INVITE. */
  readonly #dialogs = new Map<string, Dialog>();
  readonly #onWinner: (dialog: Dialog, answer: SipResponse) => void;
  #winner: Dialog | undefined;

  /** `onWinner` gets the dialog that the call goes on in, before the app hears of it. */
  constructor(context: Context, outgoing: Outgoing, onWinner: (dialog: Dialog, answer: SipResponse) => void) {
    this.#context = context;
    this.#outgoing = outgoing;
    this.#onWinner = onWinner;
  }

  onResponse(response: SipResponse): void {
    if (response.status < 200) this.#onProvisional(response);
    else if (response.status < 300) this.#onAnswer(response);
    else this.#onRefusal(response.status, response);
  }

  onTimeout(): void {
    this.#fail(408);
  }

  onTransportError(): void {
    this.#fail(503);
  }

  onTerminated(): void {
    this.#context.outgoing.delete(this.#outgoing.txnId);
    // RFC 3261 §13.2.2.4: early dialogs of other forks end 64·T1 after the first 2xx.
    this.#dropEarly();
  }

  #onProvisional(response: SipResponse): void {
    const outgoing = this.#outgoing;
    outgoing.provisional = true;
    outgoing.sendCancel?.();
    if (response.status === 100) return;
    const dialog = this.#fork(response);
    if (dialog && isRepeatedReliable(dialog, response)) return;
    reportResponse(this.#context, outgoing, response, outgoing.dialogId);
  }

  #onAnswer(response: SipResponse): void {
    const context = this.#context;
    const outgoing = this.#outgoing;
    const known = outgoing.acknowledgements.get(remoteTagOf(response) ?? '');
    if (known) {
      acknowledgeAgain(context, known);
      return;
    }
    const dialog = this.#fork(response);
    if (!dialog) return;
    confirm(dialog, response);
    const acknowledgement = acknowledgementOf(outgoing.request, outgoing.cancelled);
    outgoing.acknowledgements.set(dialog.remoteTag, acknowledgement);
    dialog.toAcknowledge = acknowledgement;
    // RFC 3261 §13.2.2.4: one call was wanted. Further forks that answer are acknowledged and ended.
    if (this.#winner) {
      void acknowledgeAndEnd(context, dialog, acknowledgement, unwanted);
      return;
    }
    this.#winner = dialog;
    outgoing.dialog = dialog;
    outgoing.finalStatus = response.status;
    if (!outgoing.app) {
      void acknowledgeAndEnd(context, dialog, acknowledgement, givenUp);
      return;
    }
    rememberDescription(dialog, outgoing.request);
    this.#onWinner(dialog, response);
    cdrStart(context, 'network', 'uac', response);
    reportResponse(context, outgoing, response, outgoing.dialogId);
  }

  #onRefusal(status: number, response: SipResponse): void {
    this.#outgoing.finalStatus = status;
    this.#dropEarly();
    reportResponse(this.#context, this.#outgoing, response, this.#outgoing.dialogId);
    cdrStop(this.#context, 'network', status === 487 ? 'call-canceled' : 'call-rejected', response);
  }

  #fail(status: number): void {
    this.#outgoing.finalStatus = status;
    this.#dropEarly();
    reportFailure(this.#context, this.#outgoing, status, newTag());
    cdrStop(this.#context, 'application', 'call-rejected', this.#outgoing.bytes);
  }

  /** The dialog of the fork that this response comes from; of too many only those that answer have one. */
  #fork(response: SipResponse): Dialog | undefined {
    const { dialogs, limits } = this.#context;
    const { request, peer, app } = this.#outgoing;
    const remoteTag = remoteTagOf(response);
    if (remoteTag === undefined) return undefined;
    const known = this.#dialogs.get(remoteTag);
    if (known) {
      refreshTarget(known, response);
      return known;
    }
    const full = this.#dialogs.size >= maxForks || dialogs.size >= limits.maxDialogs;
    if (full && response.status < 200) return undefined;
    const dialog = callerDialog({ request, response, remoteTag, flow: peer, app });
    this.#dialogs.set(remoteTag, dialog);
    dialogs.add(dialog);
    return dialog;
  }

  #dropEarly(): void {
    for (const dialog of this.#dialogs.values()) {
      if (dialog.state === 'early') this.#context.dialogs.remove(dialog);
    }
  }
}

const maxForks = 16;

/** What became of a request; without a response if there was none. */
type OnFinal = (status: number, response: SipResponse | undefined) => void;

/** A re-INVITE of ours, or of the edge itself: RFC 3261 §14.1. */
export class OutgoingReinvite implements ClientUser {
  readonly #context: Context;
  readonly #outgoing: Outgoing;
  readonly #dialog: Dialog;
  readonly #onFinal: OnFinal;

  /** `onFinal` comes before the app hears of it. */
  constructor(context: Context, outgoing: Outgoing, dialog: Dialog, onFinal: OnFinal) {
    this.#context = context;
    this.#outgoing = outgoing;
    this.#dialog = dialog;
    this.#onFinal = onFinal;
  }

  onResponse(response: SipResponse): void {
    const context = this.#context;
    const outgoing = this.#outgoing;
    if (response.status < 200) {
      outgoing.provisional = true;
      outgoing.sendCancel?.();
      if (response.status === 100 || isRepeatedReliable(this.#dialog, response)) return;
    } else {
      const known = outgoing.acknowledgements.get('');
      if (known) {
        acknowledgeAgain(context, known);
        return;
      }
      outgoing.finalStatus = response.status;
      this.#dialog.sentInvite = undefined;
      if (response.status < 300) this.#accept(response);
      this.#onFinal(response.status, response);
    }
    reportResponse(context, outgoing, response, outgoing.dialogId);
  }

  onTimeout(): void {
    this.#fail(408);
  }

  onTransportError(): void {
    this.#fail(503);
  }

  onTerminated(): void {
    this.#context.outgoing.delete(this.#outgoing.txnId);
  }

  #accept(response: SipResponse): void {
    refreshTarget(this.#dialog, response);
    const acknowledgement = acknowledgementOf(this.#outgoing.request, false);
    this.#outgoing.acknowledgements.set('', acknowledgement);
    this.#dialog.toAcknowledge = acknowledgement;
    rememberDescription(this.#dialog, this.#outgoing.request);
    if (!this.#outgoing.app) void acknowledgeByEdge(this.#context, this.#dialog, acknowledgement);
  }

  #fail(status: number): void {
    this.#outgoing.finalStatus = status;
    this.#dialog.sentInvite = undefined;
    this.#onFinal(status, undefined);
    reportFailure(this.#context, this.#outgoing, status, newTag());
  }
}

/**
 * RFC 3262 §4: reliable provisional responses come in the order of their RSeq; repetitions, and what comes before
 * its turn, go no further.
 */
function isRepeatedReliable(dialog: Dialog, response: SipResponse): boolean {
  if (!response.headers.includes('Require', '100rel')) return false;
  const sequence = parseNumber(response.headers.get('RSeq') ?? '', 0xffff_ffff);
  if (sequence === undefined) return false;
  if (dialog.lastReliable !== undefined && sequence !== dialog.lastReliable + 1) return true;
  dialog.lastReliable = sequence;
  return false;
}

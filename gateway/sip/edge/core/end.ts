import { Headers } from '../message/headers.ts';
import type { CdrReason } from '../admin/types.ts';
import type { Dialog } from '../dialogs/dialog.ts';
import { begin } from './begin.ts';
import { composeInDialog } from './compose.ts';
import type { Context } from './context.ts';
import { cdrStop, reportUnsolicited } from './report.ts';
import { newOutgoing, nowhere, plainUser, resolveInDialog } from './send.ts';

/**
 * The edge itself ends a dialog: BYE with a Reason (RFC 3326). Its app, if it has one, is told by an unsolicited
 * report. A callee's BYE waits for the ACK (RFC 3261 §15). `record`: how it stands in the call's record.
 */
export function endDialog(context: Context, dialog: Dialog, reason: string, record?: CdrReason): void {
  if (dialog.state === 'ended' || dialog.byeSent) return;
  dialog.byeSent = true;
  const bye = (): void => void sendBye(context, dialog, reason, record);
  if (dialog.answer?.isOpen) dialog.answer.afterAck(bye);
  else bye();
}

async function sendBye(
  context: Context,
  dialog: Dialog,
  reason: string,
  record: CdrReason | undefined,
): Promise<void> {
  const { app } = dialog;
  const target = await resolveInDialog(context, dialog);
  const request = composeInDialog({
    dialog,
    app: { method: 'BYE', headers: Headers.from([['Reason', reason]]), body: Buffer.alloc(0) },
    sequence: ++dialog.localSequence,
    peer: target.ok ? target.peer : nowhere,
    identity: context.identity,
  });
  const facts = { app: undefined, request, target, dialogId: dialog.id, inDialog: true, dialog };
  const outgoing = newOutgoing(context, facts);
  context.dialogs.remove(dialog);
  reportUnsolicited(context, app, dialog.id, outgoing.peer, outgoing.bytes);
  if (record) cdrStop(context, 'application', record, outgoing.bytes);
  begin(context, outgoing, target, plainUser(context, outgoing));
}

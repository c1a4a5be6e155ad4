import type { EndReason } from '../reasons.ts';
import { within } from './deadline.ts';
import type { SipWarning } from './reasons.ts';
import { refusalHeaders, sipEndings } from './reasons.ts';
import type { SipDialog, SipResponse } from './srf-messages.ts';
import { respond } from './srf.ts';

/** What a leg itself says to the far end: no, goodbye, are you there. */

export async function refuse(
  res: SipResponse,
  reason: EndReason,
  warning: SipWarning | undefined,
  exactStatus: number | null,
): Promise<void> {
  const headers = refusalHeaders(reason, warning, exactStatus);
  const { status, phrase } = sipEndings[reason];
  if (exactStatus === null) await respond(res, status, { phrase, headers });
  else await respond(res, exactStatus, { headers });
}

/** RFC 3261 §21.3.3: the caller's device is to call there. */
export async function redirect(res: SipResponse, to: string): Promise<void> {
  await respond(res, 302, { headers: { Contact: `<${to}>` } });
}

/** BYE; `acked` is aborted when the ACK is there or will not come any more. */
export async function sayBye(
  dialog: SipDialog,
  headers: Record<string, string>,
  acked: AbortSignal,
  deadlineMs: number,
): Promise<void> {
  // RFC 3261 §15: no BYE before the ACK; but one that is lost for good must not hold the line.
  await within(deadlineMs, acked, () => undefined);
  await within<boolean>(deadlineMs, null, (settle) => dialog.destroy({ headers }, () => settle(true)));
}

/** OPTIONS in the dialog. */
export async function showsLife(dialog: SipDialog, deadlineMs: number, over: AbortSignal): Promise<boolean> {
  const alive = await within<boolean>(deadlineMs, over, (settle) =>
    dialog.request({ method: 'OPTIONS' }, (error, res) => settle(!error && res !== undefined && isSign(res))),
  );
  return alive ?? false;
}

/** Any answer shows life, but "no such dialog" and what the stack says when nobody answered. */
function isSign({ status, source_address: address }: SipResponse): boolean {
  return status !== 408 && status !== 481 && !(status === 503 && address === '');
}

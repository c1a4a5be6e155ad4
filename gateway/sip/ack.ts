import { within } from './deadline.ts';
import type { SipDialog, SipRequest } from './srf-messages.ts';

/**
 * Waits for the ACK of one INVITE's 200; null: the deadline or the signal came first. ACKs are told apart by
 * their CSeq number (RFC 3261 §13.2.2.4): the one of the call's first INVITE may come after the next INVITE.
 */
export async function ackOf(
  dialog: SipDialog,
  invite: SipRequest,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<SipRequest | null> {
  const wanted = sequenceNumber(invite);
  let listen: (ack: SipRequest) => void = () => undefined;
  try {
    return await within<SipRequest>(deadlineMs, signal, (settle) => {
      listen = (ack) => {
        if (sequenceNumber(ack) === wanted) settle(ack);
      };
      dialog.on('ack', listen);
    });
  } finally {
    dialog.off('ack', listen);
  }
}

function sequenceNumber(request: SipRequest): number {
  return Number.parseInt(request.get('cseq') ?? '', 10);
}

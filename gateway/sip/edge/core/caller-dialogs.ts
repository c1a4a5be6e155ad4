import type { App } from '../admin/types.ts';
import { dialogId, freshState } from '../dialogs/dialog.ts';
import type { Acknowledgement, Dialog } from '../dialogs/dialog.ts';
import { callerRoutes, usableContact } from '../dialogs/routes.ts';
import { tagOf } from '../message/address.ts';
import { parseCSeq } from '../message/cseq.ts';
import type { SipRequest, SipResponse } from '../message/types.ts';
import type { Peer } from '../transport/types.ts';

/**
 * The tag of the dialog that a response belongs to; undefined: to none. RFC 3261 §12.1.2: a final response without
 * one comes from an RFC 2543 callee and makes a dialog all the same.
 */
export function remoteTagOf(response: SipResponse): string | undefined {
  return tagOf(response.headers.get('To')) ?? (response.status < 200 ? undefined : '');
}

/** RFC 3261 §12.1.2: what a response makes of the request that it answers. */
export function callerDialog(facts: {
  readonly request: SipRequest;
  readonly response: SipResponse;
  readonly remoteTag: string;
  readonly flow: Peer;
  readonly app: App | undefined;
}): Dialog {
  const { request, response, remoteTag, flow, app } = facts;
  const callId = request.headers.get('Call-ID') ?? '';
  const localTag = tagOf(request.headers.get('From')) ?? '';
  return {
    id: dialogId(callId, localTag),
    role: 'uac',
    callId,
    localTag,
    remoteTag,
    localParty: request.headers.get('From') ?? '',
    remoteParty: response.headers.get('To') ?? '',
    app,
    ...freshState,
    localSequence: parseCSeq(request.headers.get('CSeq') ?? '').sequence,
    remoteSequence: undefined,
    // A provisional response may have no Contact; until one comes the callee is where the request went.
    remoteTarget: usableContact(response) ?? request.uri,
    routeSet: callerRoutes(response),
    flow,
    sentInvite: undefined,
    receivedInvite: undefined,
    peerTakesUpdate: response.headers.includes('Allow', 'UPDATE'),
  };
}

/** RFC 3261 §13.2.2.4: a 2xx computes the route set anew; §12.2.1.2: and it moves the target. */
export function confirm(dialog: Dialog, response: SipResponse): void {
  if (dialog.state === 'early') {
    dialog.state = 'confirmed';
    dialog.routeSet = callerRoutes(response);
  }
  refreshTarget(dialog, response);
}

export function refreshTarget(dialog: Dialog, message: SipRequest | SipResponse): void {
  dialog.remoteTarget = usableContact(message) ?? dialog.remoteTarget;
}

/** What the ACK to a 2xx of this INVITE needs. */
export function acknowledgementOf(invite: SipRequest, endAfter: boolean): Acknowledgement {
  const credentials = ['Authorization', 'Proxy-Authorization'].flatMap((name) =>
    invite.headers.raw(name).map((value) => [name, value] as const),
  );
  const { sequence } = parseCSeq(invite.headers.get('CSeq') ?? '');
  return { sequence, credentials, sent: undefined, endAfter };
}

import { DisconnectReason, LeaveRequest_Action, type LeaveRequest } from '@livekit/protocol';
import type { LinkEnd } from '../ports.ts';
import { LinkError } from './errors.ts';

/** How a session goes on after it was interrupted: with a fresh join, or not at all. */
export type SessionOver =
  { readonly kind: 'rejoin'; readonly cause: string } | { readonly kind: 'end'; readonly end: LinkEnd };

/**
 * What it means for a link that the SFU let it go, by the reason's name in LiveKit's protocol. Only the room's own
 * decisions and ours end it; all else is a fault to heal.
 */
export function afterReason(name: string): SessionOver {
  switch (name) {
    case 'DUPLICATE_IDENTITY':
      return { kind: 'end', end: 'duplicate-identity' };
    case 'PARTICIPANT_REMOVED':
    case 'USER_REJECTED':
    case 'USER_UNAVAILABLE':
      return { kind: 'end', end: 'removed' };
    case 'ROOM_DELETED':
    case 'ROOM_CLOSED':
      return { kind: 'end', end: 'room-deleted' };
    case 'CLIENT_INITIATED':
      return { kind: 'end', end: 'closed' };
    default:
      return { kind: 'rejoin', cause: `disconnected: ${name}` };
  }
}

/** … by its `leave`, which also says whether it is for good. */
export function afterLeave({ action, reason }: LeaveRequest): SessionOver {
  const name = DisconnectReason[reason];
  return action === LeaveRequest_Action.DISCONNECT
    ? afterReason(name)
    : { kind: 'rejoin', cause: `leave: ${name}` };
}

/** Why a join did not come to its end. */
export function overError(over: SessionOver): LinkError {
  return over.kind === 'end'
    ? new LinkError('LINK_ENDED', `the room ended the join: ${over.end}`, { end: over.end })
    : new LinkError('LINK_LOST', `the join was interrupted: ${over.cause}`);
}

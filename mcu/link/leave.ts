import { DisconnectReason, LeaveRequest_Action, type LeaveRequest } from '@livekit/protocol';
import type { LinkEnd } from '../ports.ts';

/** How a session goes on after it was interrupted: with a fresh join, or not at all. */
export type SessionOver =
  { readonly kind: 'rejoin'; readonly cause: string } | { readonly kind: 'end'; readonly end: LinkEnd };

/** What the SFU's `leave` means for a link. Only the room's own decisions end it; all else is a fault to heal. */
export function afterLeave(leave: LeaveRequest): SessionOver {
  if (leave.action !== LeaveRequest_Action.DISCONNECT) return rejoin(leave.reason);
  switch (leave.reason) {
    case DisconnectReason.DUPLICATE_IDENTITY:
      return { kind: 'end', end: 'duplicate-identity' };
    case DisconnectReason.PARTICIPANT_REMOVED:
    case DisconnectReason.USER_REJECTED:
    case DisconnectReason.USER_UNAVAILABLE:
      return { kind: 'end', end: 'removed' };
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.ROOM_CLOSED:
      return { kind: 'end', end: 'room-deleted' };
    case DisconnectReason.CLIENT_INITIATED:
      return { kind: 'end', end: 'closed' };
    default:
      return rejoin(leave.reason);
  }
}

function rejoin(reason: DisconnectReason): SessionOver {
  return { kind: 'rejoin', cause: `leave ${DisconnectReason[reason]}` };
}

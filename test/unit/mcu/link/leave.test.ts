import { DisconnectReason, LeaveRequest, LeaveRequest_Action } from '@livekit/protocol';
import { DisconnectReason as LibraryReason } from '@livekit/rtc-node';
import { describe, expect, it } from 'vitest';
import { afterLeave, afterReason } from '../../../../mcu/link/leave.ts';

describe('what it means that the SFU lets a link go', () => {
  it('is the end only when the room or we have decided so', () => {
    const ends = Object.keys(DisconnectReason).filter((name) => afterReason(name).kind === 'end');
    expect(ends.filter((name) => Number.isNaN(Number(name))).sort()).toEqual([
      'CLIENT_INITIATED',
      'DUPLICATE_IDENTITY',
      'PARTICIPANT_REMOVED',
      'ROOM_CLOSED',
      'ROOM_DELETED',
      'USER_REJECTED',
      'USER_UNAVAILABLE',
    ]);
    expect(afterReason('SERVER_SHUTDOWN')).toEqual({
      kind: 'rejoin',
      cause: 'disconnected: SERVER_SHUTDOWN',
    });
  });

  it('is read by the same names from either kind of link', () => {
    expect(Object.entries(LibraryReason)).toEqual(Object.entries(DisconnectReason));
  });

  it('is no end while the SFU asks to come back', () => {
    const reason = DisconnectReason.PARTICIPANT_REMOVED;
    const asked = (action: LeaveRequest_Action) => afterLeave(new LeaveRequest({ action, reason })).kind;
    expect(asked(LeaveRequest_Action.RECONNECT)).toBe('rejoin');
    expect(asked(LeaveRequest_Action.RESUME)).toBe('rejoin');
    expect(asked(LeaveRequest_Action.DISCONNECT)).toBe('end');
  });
});

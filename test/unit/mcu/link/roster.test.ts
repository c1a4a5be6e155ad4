import {
  DisconnectReason,
  LeaveRequest,
  LeaveRequest_Action,
  ParticipantInfo,
  ParticipantInfo_Kind,
  ParticipantInfo_State,
  TrackType,
} from '@livekit/protocol';
import { describe, expect, it } from 'vitest';
import { afterLeave } from '../../../../mcu/link/leave.ts';
import { Roster } from '../../../../mcu/link/roster.ts';

type Info = NonNullable<ConstructorParameters<typeof ParticipantInfo>[0]>;
const info = (more: Info = {}): ParticipantInfo =>
  new ParticipantInfo({
    sid: 'PA_web',
    identity: 'web',
    name: 'Web',
    state: ParticipantInfo_State.ACTIVE,
    version: 1,
    ...more,
  });
const microphone = { sid: 'TR_mic', type: TrackType.AUDIO, mimeType: 'audio/red' };

describe('the roster', () => {
  it('never lists us or the hidden', () => {
    const roster = new Roster('PA_us');
    roster.update([info({ sid: 'PA_us' }), info({ sid: 'PA_spy', permission: { hidden: true } })]);
    expect(roster.participants()).toEqual([]);
  });

  it('lists people in the order in which they came, however it is told of them', () => {
    const roster = new Roster('PA_us');
    const came = (sid: string, joinedAtMs: number) => info({ sid, joinedAtMs: BigInt(joinedAtMs) });
    roster.update([came('PA_third', 3100), came('PA_first', 1900), came('PA_second', 2500)]);
    roster.update([came('PA_fourth', 4000)]);
    roster.update([info({ sid: 'PA_zeroth', joinedAt: 1n })]);
    expect(roster.participants().map(({ sid }) => sid)).toEqual([
      'PA_zeroth',
      'PA_first',
      'PA_second',
      'PA_third',
      'PA_fourth',
    ]);
  });

  it('tells kinds and codecs', () => {
    const roster = new Roster('PA_us');
    const kinds = [ParticipantInfo_Kind.SIP, ParticipantInfo_Kind.AGENT, ParticipantInfo_Kind.EGRESS];
    roster.update(kinds.map((kind, index) => info({ sid: `PA_${index}`, kind })));
    expect(roster.participants().map((one) => one.kind)).toEqual(['sip', 'agent', 'other']);
    const camera = { sid: 'TR_cam', type: TrackType.VIDEO, mimeType: 'video/VP8' };
    roster.update([info({ tracks: [microphone, camera, { sid: 'TR_data', type: TrackType.DATA }] })]);
    expect(roster.tracks().map((track) => [track.sid, track.kind, track.codec])).toEqual([
      ['TR_mic', 'audio', 'opus'],
      ['TR_cam', 'video', 'VP8'],
    ]);
  });

  it('names the video codec that reaches us', () => {
    const codecOf = (mimeType: string, others: string[] = []): string | undefined => {
      const codecs = others.map((other) => ({ mimeType: other }));
      const roster = new Roster('PA_us');
      roster.update([info({ tracks: [{ sid: 'TR_cam', type: TrackType.VIDEO, mimeType, codecs }] })]);
      return roster.tracks()[0]?.codec;
    };
    expect([codecOf('video/VP8'), codecOf('video/H264'), codecOf('VIDEO/h264')]).toEqual([
      'VP8',
      'H264',
      'H264',
    ]);
    // Nothing of ours reads them, but the browser sends VP8 as well once somebody refuses VP9.
    expect(codecOf('video/VP9', ['video/VP9', 'video/VP8'])).toBe('VP8');
    expect([codecOf('video/AV1'), codecOf('video/VP9', ['video/VP9']), codecOf('')]).toEqual([
      'other',
      'other',
      'other',
    ]);
  });

  it('says what a message changed, and only that', () => {
    const roster = new Roster('PA_us');
    expect(roster.update([info()])).toEqual({ participants: true, tracks: false });
    expect(roster.update([info({ version: 2 })])).toEqual({ participants: false, tracks: false });
    expect(roster.update([info({ tracks: [microphone] })])).toEqual({ participants: false, tracks: false });
    expect(roster.update([info({ version: 3, tracks: [microphone] })])).toEqual({
      participants: false,
      tracks: true,
    });
    const muted = { ...microphone, muted: true };
    expect(roster.update([info({ version: 4, tracks: [muted] })])).toEqual({
      participants: false,
      tracks: true,
    });
    const renamed = info({ version: 5, tracks: [muted], attributes: { role: 'host' } });
    expect(roster.update([renamed])).toEqual({ participants: true, tracks: false });
    const gone = info({ version: 6, state: ParticipantInfo_State.DISCONNECTED });
    expect(roster.update([gone])).toEqual({ participants: true, tracks: true });
    expect(roster.update([gone])).toEqual({ participants: false, tracks: false });
  });
});

describe('a leave from the SFU', () => {
  const after = (reason: DisconnectReason, action = LeaveRequest_Action.DISCONNECT): string => {
    const over = afterLeave(new LeaveRequest({ reason, action }));
    return over.kind === 'end' ? over.end : over.kind;
  };

  it('ends the link where the room decided so, and is healed where it did not', () => {
    expect(after(DisconnectReason.PARTICIPANT_REMOVED)).toBe('removed');
    expect(after(DisconnectReason.ROOM_DELETED)).toBe('room-deleted');
    expect(after(DisconnectReason.ROOM_CLOSED)).toBe('room-deleted');
    expect(after(DisconnectReason.DUPLICATE_IDENTITY)).toBe('duplicate-identity');
    expect(after(DisconnectReason.SERVER_SHUTDOWN)).toBe('rejoin');
    expect(after(DisconnectReason.UNKNOWN_REASON)).toBe('rejoin');
    expect(after(DisconnectReason.STATE_MISMATCH, LeaveRequest_Action.RECONNECT)).toBe('rejoin');
  });
});

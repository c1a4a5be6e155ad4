import {
  AddTrackRequest,
  MuteTrackRequest,
  ParticipantUpdate,
  RequestResponse,
  RequestResponse_Reason,
  TrackPublishedResponse,
} from '@livekit/protocol';
import { describe, expect, it } from 'vitest';
import { OwnTrack } from '../../../../mcu/link/own-track.ts';
import type { SignalRequestMessage } from '../../../../mcu/link/signalling.ts';

const track = () => {
  const state = { muted: false, socket: true, byHost: [] as boolean[], said: [] as string[] };
  const send = (message: SignalRequestMessage): boolean => {
    if (!state.socket) return false;
    const { value } = message;
    if (value instanceof AddTrackRequest) state.said.push(`add ${value.name} muted ${value.muted}`);
    if (value instanceof MuteTrackRequest) state.said.push(`${value.sid} muted ${value.muted}`);
    return true;
  };
  const own = new OwnTrack('PA_us', send, {
    announcement: { name: 'camera' },
    muted: () => state.muted,
    onMuted: (muted) => {
      state.muted = muted;
      state.byHost.push(muted);
    },
  });
  const published = (cid = own.cid): void =>
    own.hear({ case: 'trackPublished', value: new TrackPublishedResponse({ cid, track: { sid: 'TR_1' } }) });
  const mutedInRoom = (muted: boolean, sid = 'TR_1'): void =>
    own.hear({
      case: 'update',
      value: new ParticipantUpdate({ participants: [{ sid: 'PA_us', tracks: [{ sid, muted }] }] }),
    });
  return { own, state, published, mutedInRoom };
};

describe('a track of ours', () => {
  it('has its sid from the SFU, and tells it what changed meanwhile', async () => {
    const { own, state, published } = track();
    own.announce();
    state.muted = true;
    own.tellMuted();
    published('another');
    expect(own.sid).toBe('');
    published();
    await own.published;
    expect(own.sid).toBe('TR_1');
    own.tellMuted();
    expect(state.said).toEqual(['add camera muted false', 'TR_1 muted true']);
  });

  it('is refused in words that say what to do', async () => {
    const { own } = track();
    own.announce();
    const request = { case: 'addTrack', value: new AddTrackRequest({ cid: own.cid }) } as const;
    const reason = RequestResponse_Reason.NOT_ALLOWED;
    own.hear({ case: 'requestResponse', value: new RequestResponse({ reason, request }) });
    await expect(own.published).rejects.toMatchObject({
      code: 'LINK_REFUSED',
      message: 'the room lets this participant publish no such track: its token must name the source',
    });
  });

  it('obeys the host’s mute of it, and of no other', () => {
    const { own, state, published } = track();
    const mute = (sid: string): void =>
      own.hear({ case: 'mute', value: new MuteTrackRequest({ sid, muted: true }) });
    mute('');
    published();
    mute('TR_2');
    expect(state.byHost).toEqual([]);
    mute('TR_1');
    expect(state.byHost).toEqual([true]);
    own.tellMuted();
    expect(state.said).toEqual([]);
  });

  it('has the room’s mute after a resume, unless its own has changed', () => {
    const { own, state, published, mutedInRoom } = track();
    published();
    mutedInRoom(true);
    expect(state.byHost).toEqual([]);
    own.afterResume();
    mutedInRoom(true, 'TR_2');
    mutedInRoom(true);
    mutedInRoom(false);
    expect(state.byHost).toEqual([true]);

    state.socket = false;
    state.muted = false;
    own.tellMuted();
    state.socket = true;
    own.afterResume();
    mutedInRoom(true);
    expect(state.said).toEqual(['TR_1 muted false']);
    expect(state.byHost).toEqual([true]);
  });
});

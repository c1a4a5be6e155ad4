import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RemoteTrack, RoomParticipant, SubscribingLink } from '../../../mcu/ports.ts';
import { RoomPictures } from '../../../mcu/room-pictures.ts';
import { FakePictures } from '../../fakes/pictures.ts';

let engine: FakePictures;
let pictures: RoomPictures;
let told: string[];
const own = new Set<string>();

const link: SubscribingLink = {
  setSubscribed: (sids, subscribed) => told.push(`${subscribed ? 'take' : 'leave'} ${sids.join()}`),
  setShown: (sid, { width, height }) => told.push(`${sid} at ${width}x${height}`),
  requestKeyFrame: (sid) => told.push(`key frame of ${sid}`),
  close: () => Promise.resolve(),
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  engine = new FakePictures();
  pictures = new RoomPictures(engine, 'room');
  told = [];
  own.clear();
});
afterEach(() => {
  pictures.close();
  vi.useRealTimers();
});

function person(identity: string, changes: Partial<RoomParticipant> = {}): RoomParticipant {
  const sid = `PA_${identity}`;
  return { sid, identity, name: '', kind: 'standard', attributes: {}, own: false, ...changes };
}
function track(identity: string, changes: Partial<RemoteTrack> = {}): RemoteTrack {
  const source = changes.source ?? 'camera';
  return {
    sid: `TR_${identity}_${source}`,
    participantSid: `PA_${identity}`,
    participantIdentity: identity,
    kind: source === 'microphone' ? 'audio' : 'video',
    source,
    codec: source === 'microphone' ? 'opus' : 'VP8',
    muted: false,
    ...changes,
  };
}
function follow(people: readonly RoomParticipant[], tracks: readonly RemoteTrack[]): void {
  pictures.follow(people, tracks, (identity) => own.has(identity));
}
const shown = () => engine.rooms.get('room');
const people = () => shown()?.people.map(({ identity }) => identity);
const size = { width: 640, height: 360 };

test('nothing is taken or drawn of a room that nobody here sees', () => {
  pictures.setLink(link);
  follow([person('anna')], [track('anna')]);
  expect([engine.cameras, told, shown()]).toEqual([[], [], undefined]);
  pictures.setWatching('leg', true);
  expect(engine.cameras.map(({ spec }) => [spec.identity, spec.kind])).toEqual([['anna', 'camera']]);
  pictures.setWatching('leg', false);
  expect(engine.cameras).toEqual([]);
});

test('a camera is taken while it is shown, at its size, and given back a moment after', () => {
  pictures.setWatching('leg', true);
  pictures.setLink(link);
  follow([person('anna')], [track('anna')]);
  const [camera] = engine.cameras;
  camera.onKeyFrameNeeded?.();
  expect(told).toEqual([]);
  camera.onShown?.(size);
  camera.onKeyFrameNeeded?.();
  camera.onShown?.({ width: 160, height: 90 });
  const sid = 'TR_anna_camera';
  expect(told).toEqual([`take ${sid}`, `${sid} at 640x360`, `key frame of ${sid}`, `${sid} at 160x90`]);
  expect(pictures.write(sid, Buffer.alloc(20))).toBe(true);
  expect(pictures.write('TR_other', Buffer.alloc(20))).toBe(false);
  expect(camera.packets).toHaveLength(1);
  // Whoever speaks now and then stays.
  camera.onShown?.(null);
  vi.advanceTimersByTime(1000);
  camera.onShown?.(size);
  vi.advanceTimersByTime(5000);
  expect(told.filter((word) => word.startsWith('leave'))).toEqual([]);
  camera.onShown?.(null);
  vi.advanceTimersByTime(2000);
  expect(told.at(-1)).toBe(`leave ${sid}`);
  camera.onShown?.(size);
  expect(told.slice(-2)).toEqual([`take ${sid}`, `${sid} at 640x360`]);
  follow([person('anna')], []);
  expect(told.at(-1)).toBe(`leave ${sid}`);
  expect(camera.closed).toBe(true);
});

test('another link takes what is shown, and meanwhile the picture stays', () => {
  pictures.setWatching('leg', true);
  pictures.setLink(link);
  follow([person('anna')], [track('anna')]);
  engine.cameras[0].onShown?.(size);
  pictures.setLink(null);
  told = [];
  expect(people()).toEqual(['anna']);
  expect(engine.cameras).toHaveLength(1);
  pictures.setLink(link);
  expect(told).toEqual(['take TR_anna_camera', 'TR_anna_camera at 640x360']);
});

test('people stand as they came, with names, microphones and cameras as they are', () => {
  pictures.setWatching('leg', true);
  pictures.setLink(link);
  own.add('sip_1');
  const all = [
    person('anna', { name: 'Anna' }),
    person('sip_1', { kind: 'sip', name: 'Board room' }),
    person('tom'),
  ];
  follow(all, [
    track('anna'),
    track('anna', { source: 'microphone' }),
    track('sip_1'),
    track('tom', { muted: true }),
  ]);
  expect(shown()?.people).toEqual([
    { identity: 'anna', name: 'Anna', muted: false, cameraOff: false },
    { identity: 'sip_1', name: 'Board room', muted: true, cameraOff: true },
    { identity: 'tom', name: 'tom', muted: true, cameraOff: true },
  ]);
  expect(engine.cameras.map(({ spec }) => spec.identity)).toEqual(['anna']);
  pictures.setOwnCamera('sip_1', true);
  expect(shown()?.people[1]).toMatchObject({ identity: 'sip_1', cameraOff: false });
  follow([all[2], all[1], person('late'), all[0]], []);
  expect(people()).toEqual(['anna', 'sip_1', 'tom', 'late']);
  const tom = { identity: 'tom', levelDbov: 6 };
  const anna = { identity: 'anna', levelDbov: 24 };
  pictures.speak([tom, anna]);
  expect(shown()?.speakers).toEqual(['tom', 'anna']);
  pictures.setOwnVoice('sip_1', 12);
  expect(shown()?.speakers).toEqual(['tom', 'sip_1', 'anna']);
  pictures.setOwnVoice('sip_1', null);
  expect(shown()?.speakers).toEqual(['tom', 'anna']);
});

test('programs without a face and codecs that nobody reads here are not seen; screens are', () => {
  pictures.setWatching('leg', true);
  pictures.setLink(link);
  follow(
    [person('bot', { kind: 'agent' }), person('face', { kind: 'agent' }), person('av1'), person('slides')],
    [
      track('bot', { source: 'microphone' }),
      track('face', { codec: 'H264' }),
      track('av1', { codec: 'other' }),
      track('slides', { source: 'screen' }),
    ],
  );
  expect(shown()?.people.map(({ identity, cameraOff }) => [identity, cameraOff])).toEqual([
    ['face', false],
    ['av1', true],
    ['slides', true],
  ]);
  expect(engine.cameras.map(({ spec }) => [spec.identity, spec.kind])).toEqual([
    ['face', 'camera'],
    ['slides', 'screen'],
  ]);
});

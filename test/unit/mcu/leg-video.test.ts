import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LegSecurity, ViewerLook } from '../../../mcu/ports.ts';
import { buildNack } from '../../../mcu/video/rtcp-feedback.ts';
import { madeFrame, packetsOf } from '../../support/made-video.ts';
import { contextOf, newSrtpKeying, opened, protectedRtcp, protectedRtp } from '../../support/srtp.ts';
import { devicePort, makeVideoLeg, withVideo } from '../../support/video-leg.ts';
import { videoConfig, viewOf } from '../../support/video-peer.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const look: ViewerLook = {
  screen: { title: 'Welcome', lines: [], digits: 3 },
  banner: 'Muted',
  layout: 'speaker',
  own: 'small',
};
const [frame] = packetsOf({ codec: 'H264', packetizationMode: 1 }, [madeFrame('H264', true, 3000)], {
  ssrc: 5,
});

test('a caller in a room sees it as the device can show it; one who waits sees screens only', () => {
  const { leg, pictures, told, seat } = makeVideoLeg();
  const [viewer] = pictures.viewers;
  expect(viewer.profile).toMatchObject({ codec: 'H264', width: 1280, height: 720, fps: 30 });
  expect([viewer.watching, told.watching]).toEqual([['room', 'sip_leg'], true]);
  leg.setSeesRoom(false);
  leg.look(look);
  expect([viewer.watching, told.watching]).toEqual([[null, null], false]);
  expect(viewer).toMatchObject({ screen: look.screen, banner: 'Muted', layout: ['speaker', 'small'] });
  leg.setSeesRoom(true);
  leg.leave();
  expect([viewer.watching, told.watching]).toEqual([[null, null], false]);
  leg.enter(seat);
  expect(viewer.watching).toEqual(['room', 'sip_leg']);
  leg.requestKeyFrame();
  expect(viewer.keyFramesRequested).toBe(1);
  leg.close();
  expect([pictures.viewers, pictures.cameras, told.watching]).toEqual([[], [], false]);
});

test('a held call costs no pictures, and sees the same as before when it is resumed', () => {
  const { leg, pictures, told } = makeVideoLeg();
  leg.look(look);
  leg.configure(withVideo(videoConfig({ direction: 'inactive' })));
  expect([pictures.viewers, pictures.cameras, told.watching]).toEqual([[], [], false]);
  leg.configure(withVideo(videoConfig()));
  expect(pictures.viewers).toMatchObject([
    { screen: look.screen, banner: 'Muted', layout: ['speaker', 'small'], watching: ['room', 'sip_leg'] },
  ]);
  expect(pictures.cameras).toHaveLength(1);
});

test('a direction alone: who only sends has no viewer, who only watches no camera', () => {
  const { pictures } = makeVideoLeg({ direction: 'recvonly' });
  expect([pictures.viewers.length, pictures.cameras.length]).toEqual([0, 1]);
  const other = makeVideoLeg({ direction: 'sendonly' });
  expect([other.pictures.viewers.length, other.pictures.cameras.length]).toEqual([1, 0]);
});

test('an offer without video, or of less, changes what is sent', () => {
  const { leg, pictures } = makeVideoLeg();
  leg.configure(withVideo(videoConfig({ maxBitrate: 400_000 })));
  expect(pictures.viewers[0].profile).toMatchObject({ width: 640, height: 360 });
  const { video: _video, ...audio } = withVideo(videoConfig());
  leg.configure(audio);
  expect([pictures.viewers, pictures.cameras]).toEqual([[], []]);
});

test('a codec in which no pictures are made leaves the caller with sound, and the log says so', () => {
  const { leg, pictures, lines, rtp } = makeVideoLeg({ codec: 'H263', payloadType: 34 }, ['H264']);
  expect(pictures.viewers).toEqual([]);
  expect(lines).toMatchObject([{ level: 'warn', facts: { leg: 'leg', codec: 'H263' } }]);
  expect(leg.stats?.sent).toBe(null);
  expect(rtp.sent).toBe(0);
});

test('a device to which no way is found has a failure in its figures until it is heard by another one', () => {
  const ice = {
    local: { ufrag: 'ours', pwd: 'o'.repeat(22) },
    remote: { ufrag: 'them', pwd: 't'.repeat(22), lite: false, candidates: [] },
    controlling: false,
  };
  const { leg, rtp, lines } = makeVideoLeg({ ice });
  expect(leg.stats?.failed).toBeNull();
  vi.advanceTimersByTime(60_000);
  expect(leg.stats?.failed).toBe('no-media-path');
  expect(lines).toMatchObject([{ level: 'warn', facts: { reason: 'no-media-path' } }]);
  leg.configure(withVideo(videoConfig()));
  expect(leg.stats?.failed).toBe('no-media-path');
  rtp.hear(frame[0], devicePort);
  expect(leg.stats?.failed).toBeNull();
  leg.close();
});

test('what is sent to the device is counted', () => {
  const { leg, pictures } = makeVideoLeg();
  leg.configure(withVideo(videoConfig({ direction: 'sendonly' })));
  for (const packet of frame) pictures.viewers[0].onPacket?.(packet, true);
  vi.advanceTimersByTime(20);
  expect(leg.stats?.sent).toMatchObject({ packets: frame.length, keyFrames: 1, resent: 0 });
});

test('encrypted video goes and comes under its own keys, and what got lost is sent again as it was', () => {
  const profile = 'AES_CM_128_HMAC_SHA1_80';
  const [ours, theirs] = [newSrtpKeying(profile), newSrtpKeying(profile)];
  const security: LegSecurity = { kind: 'sdes', send: ours, receive: theirs };
  const { leg, rtp, rtcp, pictures } = makeVideoLeg({ security });
  const wires: Buffer[] = [];
  rtp.send = (packet) => void wires.push(Buffer.from(packet));
  for (const packet of frame) pictures.viewers[0].onPacket?.(packet, true);
  vi.advanceTimersByTime(20);
  const seen = contextOf(ours);
  const packets = wires.map((wire) => opened(seen, 'unprotectRtp', Buffer.from(wire)));
  expect(packets.map((packet) => packet?.subarray(12))).toEqual(frame.map((packet) => packet.subarray(12)));
  const said = contextOf(theirs);
  const { ssrc, sequence } = viewOf(wires[1]);
  rtcp.hear(protectedRtcp(said, buildNack(9, ssrc, [sequence])), devicePort + 1);
  expect(wires).toHaveLength(frame.length + 1);
  expect(wires.at(-1)).toEqual(wires[1]);
  // In plain it is nobody's.
  rtp.hear(Buffer.from(frame[0]), devicePort);
  expect(pictures.cameras[0].packets).toEqual([]);
  for (const packet of frame) rtp.hear(protectedRtp(said, packet), devicePort);
  expect(pictures.cameras[0].packets).toHaveLength(frame.length);
  expect(leg.stats?.encryption).toMatch(/^srtp-sdes\//);
});

/** Cameras and viewers on FreeSWITCH: key frames both ways, who is sent at all, and how large. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Camera, CameraSpec, FeedProfile, PictureSize, Viewer } from '../../../../../mcu/ports.ts';
import { H264Packetizer } from '../../../../../mcu/video/h264/packetizer.ts';
import { buildFir, buildPli, parseFeedback } from '../../../../../mcu/video/rtcp-feedback.ts';
import type { FakeEndpoint } from '../../../../fakes/mixer.ts';
import { FreeSwitchUnderTest, rtpPacket } from '../../../../support/freeswitch-engine.ts';
import { until } from '../../../../support/until.ts';

const hd: FeedProfile = {
  codec: 'H264',
  packetizationMode: 1,
  width: 1280,
  height: 720,
  fps: 30,
  bitrate: 1_500_000,
};
const person = (identity: string) => ({ identity, name: identity, muted: false, cameraOff: false });
/** VP8 (RFC 7741): a frame begins; RFC 6386 §9.1: key frame, start code, 320 × 180. */
const vp8Key = Buffer.from([0x10, 0x00, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 1, 0xb4, 0, 0, 0]);
const vp8Delta = Buffer.from([0x10, 0x01, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
let under: FreeSwitchUnderTest;

beforeEach(() => {
  under = new FreeSwitchUnderTest({ autoUp: true });
});
afterEach(() => under.close());

function camera(
  id: string,
  spec: Partial<CameraSpec> = {},
): { camera: Camera; shown: (PictureSize | null)[]; asks: number[] } {
  const opened = under.pictures.openCamera({
    id,
    seat: `PA_${id}`,
    room: 'room',
    identity: id,
    kind: 'camera',
    formats: [
      { codec: 'VP8', payloadType: 96 },
      { codec: 'H264', payloadType: 102 },
    ],
    ...spec,
  });
  const shown: (PictureSize | null)[] = [];
  const asks: number[] = [];
  opened.onShown = (size) => shown.push(size);
  opened.onKeyFrameNeeded = () => asks.push(performance.now());
  return { camera: opened, shown, asks };
}

function viewer(profile: Partial<FeedProfile> = {}): Viewer {
  under.engine.openMember({ id: 'leg', seat: 'leg', codec: 'PCMU', payloadType: 0, role: 'leg' });
  const opened = under.pictures.openViewer({ id: 'leg', seat: 'leg', profile: { ...hd, ...profile } });
  opened.watch('room', 'sip_leg');
  return opened;
}

/** Until the camera's video gets through. */
function filmed(seat: string, one: Camera, payload: Buffer, payloadType = 96): Promise<FakeEndpoint> {
  let index = 0;
  return until('the camera is seen', () => {
    one.write(rtpPacket(payloadType, index++, payload));
    return under.session.of(seat).find(({ video }) => (video?.packets.length ?? 0) > 0);
  });
}

test('who is shown is sent, at a size that fits the grid; without viewers nobody is', async () => {
  const [ann, ben] = [camera('ann'), camera('ben')];
  const watching = viewer();
  await until('both are shown', () => ann.shown.length > 0 && ben.shown.length > 0);
  expect([ann.shown, ben.shown]).toEqual([[{ width: 640, height: 360 }], [{ width: 640, height: 360 }]]);
  const endpoint = await filmed('PA_ann', ann.camera, vp8Key);
  expect(endpoint.state).toMatchObject({ room: 'room', identity: 'ann', shows: true });
  expect(endpoint.spec).toMatchObject({
    role: 'participant',
    audio: { direction: 'sendonly' },
    video: { gets: null },
  });
  watching.close();
  await until('nobody is shown', () => ann.shown.at(-1) === null && ben.shown.at(-1) === null);
  const before = endpoint.video?.packets.length;
  ann.camera.write(rtpPacket(96, 1000, vp8Key));
  under.pictures.setRoom('room', { people: [person('ann')], speakers: [] });
  await until('the room is told of', () => under.session.asked.some(([name]) => name === 'mixerRoom'));
  expect(endpoint.video?.packets.length).toBe(before);
});

test('a key frame that comes while its channel is opened waits for it, and no other is asked for', async () => {
  await under.close();
  under = new FreeSwitchUnderTest();
  viewer();
  const { camera: one, asks } = camera('ann');
  const endpoint = await under.session.endpoint('PA_ann');
  await until('it is asked for one', () => asks.length > 0);
  for (const [index, payload] of [vp8Delta, vp8Key, vp8Delta, vp8Delta].entries())
    one.write(rtpPacket(96, index, payload));
  const { video } = await endpoint.up();
  const came = await until('all from the key frame on come', () => {
    const packets = video?.packets ?? [];
    return packets.length >= 3 ? packets : null;
  });
  one.write(rtpPacket(96, 4, vp8Delta));
  await until('and what comes then', () => came.length === 4);
  expect(came.map((packet) => packet.subarray(12))).toEqual([vp8Key, vp8Delta, vp8Delta, vp8Delta]);
  expect(came.map((packet) => packet.readUInt16BE(2))).toEqual([1, 2, 3, 4]);
  expect(asks).toHaveLength(1);
});

test('a screen, and who speaks in a layout with a large tile, come in the canvas’s size', async () => {
  const screen = camera('desk', { kind: 'screen', seat: 'PA_ann-screen', identity: 'ann' });
  const others = ['ben', 'eve', 'kim'].map((id) => camera(id));
  viewer().setLayout('speaker', 'auto');
  under.pictures.setRoom('room', { people: ['ann', 'ben', 'eve', 'kim'].map(person), speakers: ['eve'] });
  await until('all are shown', () => [screen, ...others].every(({ shown }) => shown.length > 0));
  const size = { width: hd.width, height: hd.height };
  expect([screen.shown.at(-1), others[1].shown.at(-1)]).toEqual([size, size]);
  expect(others[0].shown.at(-1)).toEqual({ width: 640, height: 360 });
});

test('FreeSWITCH’s PLI and FIR ask the camera for a key frame, twice a second until it comes', async () => {
  viewer();
  const { camera: one, asks } = camera('ann');
  const { video } = await filmed('PA_ann', one, vp8Delta);
  await until('it is asked when it is first shown', () => asks.length > 0);
  one.write(rtpPacket(96, 1, vp8Key));
  await until('the camera is quiet', () => performance.now() - asks[asks.length - 1] > 600);
  const before = asks.length;
  video?.report(buildPli(1, 2));
  video?.report(buildFir(1, 2, 1));
  await until('it is asked again and again', () => asks.length >= before + 2);
  one.write(rtpPacket(96, 2, vp8Key));
});

test('a track that turns to its other codec gets an endpoint for that', async () => {
  viewer();
  const { camera: one } = camera('ann');
  const first = await filmed('PA_ann', one, vp8Key);
  const nal = Buffer.from([0x65, 1, 2, 3, 4]);
  const second = await filmedBy(one, nal, first);
  expect(second.spec.video?.sends).toMatchObject([{ codec: 'H264' }]);
});

function filmedBy(one: Camera, nal: Buffer, before: FakeEndpoint): Promise<FakeEndpoint> {
  let index = 5000;
  return until('the other codec is seen', () => {
    one.write(rtpPacket(102, index++, nal));
    return under.session
      .of('PA_ann')
      .find((next) => next !== before && (next.video?.packets.length ?? 0) > 0);
  });
}

test('a picture begins with a key frame, which is asked for until it comes', async () => {
  const one = viewer({ codec: 'VP8' });
  const got: boolean[] = [];
  one.onPacket = (_, keyFrame) => got.push(keyFrame);
  const { video } = await until('it is up', () => under.session.of('leg').find((endpoint) => endpoint.video));
  const pli = (packet: Buffer): boolean => {
    let media = -1;
    parseFeedback(packet, {
      onPli: (ssrc) => (media = ssrc),
      onFir: () => undefined,
      onNack: () => undefined,
      onTmmbr: () => undefined,
      onTmmbn: () => undefined,
    });
    return media === 0x01020304;
  };
  let index = 0;
  await until('a PLI comes', () => {
    video?.send(rtpPacket(96, index++, vp8Delta));
    return video?.reports.some(pli);
  });
  expect(got).toEqual([]);
  await until('the key frame is given', () => {
    video?.send(rtpPacket(96, index++, vp8Key));
    return got.length > 0;
  });
  expect(got[0]).toBe(true);
});

test('a device of packetization-mode 0 gets whole NAL units of FreeSWITCH’s fragments', async () => {
  const one = viewer({ packetizationMode: 0 });
  const types = new Set<number>();
  one.onPacket = (packet) => types.add(packet[12] & 0x1f);
  const { video } = await until('it is up', () => under.session.of('leg').find((endpoint) => endpoint.video));
  const sps = Buffer.from(
    '0000000167 42c01f da014016e9b808080a 00000300020000030079'.replaceAll(' ', ''),
    'hex',
  );
  const pps = Buffer.from('0000000168ce3c80', 'hex');
  const idr = Buffer.concat([Buffer.from('0000000165', 'hex'), Buffer.alloc(4000, 0x88)]);
  const packetizer = new H264Packetizer({ ssrc: 9, payloadType: 102 }, 1);
  let frame = 0;
  await until('a picture comes', () => {
    packetizer.packetize(Buffer.concat([sps, pps, idr]), 3000 * frame++, (packet) =>
      video?.send(Buffer.from(packet)),
    );
    return types.has(5);
  });
  expect([...types].sort()).toEqual([5, 7, 8]);
});

test('a narrower way gets a smaller picture, by another endpoint', async () => {
  const one = viewer();
  await until('it is up', () => under.session.of('leg').find((endpoint) => endpoint.video));
  one.limitBitrate(400_000);
  const next = await until('a smaller one', () =>
    under.session.of('leg').find(({ spec }) => spec.video?.gets?.profile.height === 360),
  );
  expect(next.spec.video?.gets?.profile.bitrate).toBeLessThanOrEqual(400_000);
});

test('what is shown of a room, and over it, is told', async () => {
  const one = viewer();
  const screen = { title: 'PIN', lines: ['Enter it'], digits: 2 };
  one.show(screen);
  one.setBanner('Recording');
  const endpoint = await until('it is up', () =>
    under.session.of('leg').find(({ state }) => state.look?.screen),
  );
  expect(endpoint.state).toMatchObject({
    sees: true,
    identity: 'sip_leg',
    look: { screen, banner: 'Recording' },
  });
  one.watch(null, null);
  await until('it sees no room any more', () => !endpoint.state.sees);
  const shown = { people: [person('ann')], speakers: ['ann'] };
  under.pictures.setRoom('room', shown);
  under.pictures.setRoom('room', shown);
  expect(under.session.asked.filter(([name]) => name === 'mixerRoom')).toEqual([
    ['mixerRoom', { room: 'room', ...shown }],
  ]);
});

test('a camera that the room could only take in another codec is not given back, which the log says', () => {
  camera('ann').camera.setPictureBack('H264');
  expect(under.lines.some(({ sentence }) => sentence.includes('transcodes no camera'))).toBe(true);
});

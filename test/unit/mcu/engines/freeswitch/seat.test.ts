/** One endpoint a seat: what is opened, what takes over when, and what is given back. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Member, ViewerSpec } from '../../../../../mcu/ports.ts';
import type { FakeEndpoint } from '../../../../fakes/mixer.ts';
import { FreeSwitchUnderTest, rtpPacket } from '../../../../support/freeswitch-engine.ts';
import { until } from '../../../../support/until.ts';

const hd: ViewerSpec['profile'] = {
  codec: 'H264',
  packetizationMode: 1,
  width: 1280,
  height: 720,
  fps: 30,
  bitrate: 1_500_000,
};
const h264 = { codec: 'H264', payloadType: 97 } as const;
let under: FreeSwitchUnderTest;

beforeEach(() => {
  under = new FreeSwitchUnderTest();
});
afterEach(() => under.close());

/** What the member is given. */
function heardBy(member: Member): Buffer[] {
  const heard: Buffer[] = [];
  member.onPacket = (packet) => heard.push(packet);
  return heard;
}

/** A room system in a room. */
function roomSystem(): Member {
  const member = under.leg('ada');
  under.pictures.openViewer({ id: 'ada', seat: 'ada', profile: hd });
  return member;
}

async function upFor(seat: string): Promise<FakeEndpoint> {
  return (await under.session.endpoint(seat)).up();
}

async function carries(member: Member, endpoint: FakeEndpoint): Promise<void> {
  await until('the voice comes', () => {
    member.write(rtpPacket(0));
    return (endpoint.audio?.packets.length ?? 0) > 0;
  });
}

test('sound and pictures that are opened in one go have one endpoint, with the camera’s place kept', async () => {
  roomSystem();
  const { spec } = await under.session.endpoint('ada');
  expect(under.session.all).toHaveLength(1);
  expect(spec).toMatchObject({
    seat: 'ada',
    role: 'leg',
    host: '127.0.0.1',
    audio: { codec: 'PCMU', payloadType: 0, direction: 'sendrecv' },
    video: { kind: 'camera', sends: [{ codec: 'H264' }], gets: { profile: hd } },
  });
  expect(spec.audio.rtpPort % 2).toBe(0);
  expect(spec.audio.rtcpPort).toBe(spec.audio.rtpPort + 1);
});

test('a camera that comes with the room needs no other endpoint', async () => {
  const member = roomSystem();
  const endpoint = await upFor('ada');
  member.join('room');
  under.pictures.openCamera({
    id: 'ada-camera',
    seat: 'ada',
    room: 'room',
    identity: 'sip_ada',
    kind: 'camera',
    formats: [h264],
  });
  await until('the camera is told of', () => endpoint.state.shows);
  expect(endpoint.state).toMatchObject({ room: 'room', identity: 'sip_ada' });
  expect(under.session.all).toHaveLength(1);
});

test('other streams get an endpoint that takes over when its media is up, and not before', async () => {
  const member = under.leg('ada');
  const heard = heardBy(member);
  const first = await upFor('ada');
  member.join('room');
  member.setHearsRoom(true);
  await carries(member, first);

  under.pictures.openViewer({ id: 'ada', seat: 'ada', profile: hd });
  const second = await until('another is asked for', () => under.session.of('ada')[1]);
  expect(second.state).toMatchObject({ room: 'room', hears: true });
  expect(first.closed).toBe(false);
  first.audio?.send(rtpPacket(0, 1, Buffer.alloc(160, 1)));
  await until('the first is heard still', () => heard.some((packet) => packet[20] === 1));

  await second.up();
  await until('the first is closed', () => first.closed);
  await carries(member, second);
  second.audio?.send(rtpPacket(0, 2, Buffer.alloc(160, 2)));
  await until('the second is heard', () => heard.some((packet) => packet[20] === 2));
  expect(under.session.endpoints).toEqual([second]);
});

test('a room at another FreeSWITCH is entered by another endpoint, and the first carries on until then', async () => {
  const member = under.leg('ada');
  const heard = heardBy(member);
  const first = await upFor('ada');
  const prompt = member.play(['host-arrived.wav'], false);
  await carries(member, first);
  member.join('room');
  member.setHearsRoom(true);
  await until('it is told of the room', () => first.state.room === 'room');
  first.elsewhere();
  first.audio?.send(rtpPacket(0, 1, Buffer.alloc(160, 1)));
  await until('the prompt is heard', () => heard.some((packet) => packet[20] === 1));
  expect(under.session.of('ada')).toEqual([first]);
  first.played(first.plays[0].play, 'finished');
  expect(await prompt).toBe('finished');
  const second = await until('now another is asked for', () => under.session.of('ada')[1]);
  expect(second.state).toMatchObject({ room: 'room', hears: true });
  expect(first.closed).toBe(false);
  await second.up();
  await until('the first is closed', () => first.closed);
  await carries(member, second);
  expect(second.plays).toEqual([]);
  expect(under.lines).toEqual([]);
});

test('who leaves that room before has no other endpoint', async () => {
  const member = under.leg('ada');
  const first = await upFor('ada');
  const prompt = member.play(['host-arrived.wav'], false);
  await carries(member, first);
  member.join('room');
  await until('it is told of the room', () => first.state.room === 'room');
  first.elsewhere();
  member.leave();
  await until('it is told of that', () => first.state.room === null);
  member.stopPlaying();
  await prompt;
  await until('the end of the prompt was looked at', () => first.stopped.length === 1);
  member.setMuted(true);
  await until('it is told of more', () => first.state.muted);
  expect(under.session.all).toEqual([first]);
});

test('a wish that changes again while its endpoint is coming leaves that one', async () => {
  const member = under.leg('ada');
  const first = await upFor('ada');
  const viewer = under.pictures.openViewer({ id: 'ada', seat: 'ada', profile: hd });
  const second = await until('another is asked for', () => under.session.of('ada')[1]);
  viewer.reprofile({ ...hd, width: 640, height: 360 });
  const third = await until('and another', () => under.session.all[2]);
  expect([first.closed, second.closed]).toEqual([false, true]);
  await third.up();
  await until('the first is closed', () => first.closed);
  await carries(member, third);
});

test('a prompt is not broken into: pictures wait for its end', async () => {
  const member = under.leg('ada');
  await upFor('ada');
  const playing = member.play(['welcome.wav'], false);
  const first = await until('the prompt is asked for', () =>
    under.session.of('ada').find((one) => one.plays.length > 0),
  );
  under.pictures.openViewer({ id: 'ada', seat: 'ada', profile: hd });
  member.setHearsRoom(true);
  await until('the wish was looked at', () => first.state.hears);
  expect(under.session.of('ada')).toHaveLength(1);
  first.played(first.plays[0].play, 'finished');
  expect(await playing).toBe('finished');
  await until('now it is opened', () => under.session.of('ada').length === 2);
});

test('one that is lost is opened again as it was, and music with it', async () => {
  const member = under.leg('ada');
  const first = await upFor('ada');
  member.join('room');
  member.setMuted(true);
  await carries(member, first);
  const music = member.play(['music.wav'], true);
  await until('music is asked for', () => first.plays.length === 1);
  first.lose();
  const second = await upFor('ada');
  expect(second.id).not.toBe(first.id);
  expect(second.state).toMatchObject({ room: 'room', muted: true });
  await until('music goes on', () => second.plays.length === 1);
  member.stopPlaying();
  expect(await music).toBe('stopped');
  expect(second.stopped).toEqual([second.plays[0].play]);
});

test('a prompt ends with the endpoint that is lost', async () => {
  const member = under.leg('ada');
  const first = await upFor('ada');
  await carries(member, first);
  const prompt = member.play(['welcome.wav'], false);
  first.lose();
  expect(await prompt).toBe('stopped');
});

test('what is lost again and again is asked for less and less often', async () => {
  under.leg('ada');
  for (let losses = 0; losses < 4; losses++) (await under.session.endpoint('ada')).lose();
  const pauses = under.lines.map(({ facts }) => 'pauseMs' in facts && facts.pauseMs);
  expect(pauses).toEqual([100, 250, 500, 1000]);
});

test('whoever leaves has no endpoint, and the ports are free again', async () => {
  const member = under.leg('ada');
  const endpoint = await upFor('ada');
  const late = under.leg('bob');
  const { audio } = endpoint.spec;
  await carries(member, endpoint);
  member.close();
  late.close();
  await until('both are given up', () => under.session.endpoints.length === 0);
  for (const port of [audio.rtpPort, audio.rtcpPort]) {
    const socket = createSocket('udp4');
    socket.bind({ port, address: '127.0.0.1', exclusive: true });
    await once(socket, 'listening');
    socket.close();
  }
});

test('a second microphone has a seat of its own', async () => {
  for (const id of ['TR_1', 'TR_2'])
    under.engine
      .openMember({ id, seat: 'PA_eve', codec: 'opus', payloadType: 111, role: 'participant' })
      .join('room');
  await until('both are asked for', () => under.session.endpoints.length === 2);
  expect(under.session.endpoints.map(({ spec }) => spec.seat).sort()).toEqual(['PA_eve', 'PA_eve/TR_2']);
  expect(under.session.endpoints[0].spec.audio.direction).toBe('sendonly');
});

test('what the gateway says of FreeSWITCH is the engine’s state', () => {
  expect(under.engine.status().state).toBe('starting');
  let told = '';
  under.engine.onStatus = ({ state }) => (told = state);
  under.session.tell('mixerStatus', { state: 'up', restarts: 2, hangs: 1 });
  expect(told).toBe('up');
  expect(under.engine.status()).toEqual({ state: 'up', pid: null, restarts: 2, hangs: 1 });
});

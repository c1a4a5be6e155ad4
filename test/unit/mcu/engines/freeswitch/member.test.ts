/** A caller's sound on FreeSWITCH: what goes where, prompts, and the voice's way back. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { crossG711 } from '../../../../../mcu/codecs/g711.ts';
import type { Member } from '../../../../../mcu/ports.ts';
import type { FakeEndpoint } from '../../../../fakes/mixer.ts';
import { FreeSwitchUnderTest, rtpPacket } from '../../../../support/freeswitch-engine.ts';
import { until } from '../../../../support/until.ts';

let under: FreeSwitchUnderTest;

beforeEach(() => {
  under = new FreeSwitchUnderTest({ autoUp: true });
});
afterEach(() => under.close());

/** Until a voice gets through. */
async function connected(member: Member, packet: () => Buffer = () => rtpPacket(0)): Promise<FakeEndpoint> {
  return until('the voice comes', () => {
    member.write(packet());
    return under.session.of(member.id).find(({ audio }) => (audio?.packets.length ?? 0) > 0);
  });
}

test('a voice goes to FreeSWITCH as it came, and its mix back', async () => {
  const member = under.leg('ada');
  const heard: Buffer[] = [];
  member.onPacket = (packet) => heard.push(Buffer.from(packet));
  const { audio } = await connected(member);
  expect(audio?.packets[0]).toEqual(rtpPacket(0));
  audio?.send(rtpPacket(101, 1, Buffer.from([5, 10, 0, 160])));
  audio?.send(rtpPacket(0, 2, Buffer.alloc(160, 7)));
  await until('the mix is heard', () => heard.some((packet) => packet[12] === 7));
  expect(heard.every((packet) => packet[1] === 0)).toBe(true);
});

test('what comes in the other law is crossed for FreeSWITCH, and stays as it is for the room', async () => {
  const member = under.leg('ada', { alternatives: [{ codec: 'PCMA', payloadType: 8 }] });
  const spoken = rtpPacket(8);
  const { audio } = await connected(member, () => spoken);
  const expected = rtpPacket(0);
  crossG711('PCMA', expected, 12, expected.length);
  expect(audio?.packets[0]).toEqual(expected);
  expect(spoken).toEqual(rtpPacket(8));
});

test('what comes in a second codec is not heard, which the log says once', async () => {
  const member = under.leg('ada', { alternatives: [{ codec: 'G722', payloadType: 9 }] });
  const { audio } = await connected(member);
  member.write(rtpPacket(9));
  member.write(rtpPacket(9));
  expect(under.lines.filter(({ sentence }) => sentence.includes('no second codec'))).toHaveLength(1);
  expect(audio?.packets.every((packet) => packet[1] === 0)).toBe(true);
});

test('a new prompt replaces the last, and a late word about the last ends nothing', async () => {
  const member = under.leg('ada');
  const endpoint = await connected(member);
  const first = member.play(['one.wav'], false);
  const second = member.play(['two.wav', 'three.wav'], false);
  expect(await first).toBe('stopped');
  const [one, two] = endpoint.plays;
  expect(two.files).toEqual(['two.wav', 'three.wav']);
  endpoint.played(one.play, 'finished');
  endpoint.played(two.play, 'finished');
  expect(await second).toBe('finished');
  expect(endpoint.stopped).toEqual([]);
});

test('a prompt that FreeSWITCH can not play is PROMPT_UNREADABLE', async () => {
  const member = under.leg('ada');
  const endpoint = await connected(member);
  const playing = member.play(['missing.wav'], false);
  endpoint.played(endpoint.plays[0].play, 'failed');
  await expect(playing).rejects.toMatchObject({ code: 'PROMPT_UNREADABLE' });
});

test('a G.722 voice comes back in Opus, through two endpoints that name each other', async () => {
  const member = under.leg('ada', { codec: 'G722', payloadType: 9 });
  const published: Buffer[] = [];
  member.onPublish = (packet) => published.push(packet);
  member.setVoiceBack('opus');
  const pair = await until('a transcoder is asked for', () => {
    const found = under.session.endpoints.filter(({ spec }) => spec.role === 'transcoder');
    return found.length === 2 && found;
  });
  const into = pair.find(({ spec }) => spec.audio.codec === 'G722');
  const back = pair.find(({ spec }) => spec.audio.codec === 'opus');
  expect([into?.spec.bridgedTo, back?.spec.bridgedTo]).toEqual([back?.id, into?.id]);
  await until('the voice goes in', () => {
    member.write(rtpPacket(9));
    return (into?.audio?.packets.length ?? 0) > 0;
  });
  back?.audio?.send(rtpPacket(111, 1, Buffer.from([0xf8, 1, 2])));
  await until('and comes back', () => published.length > 0);
  expect(published[0].subarray(12)).toEqual(Buffer.from([0xf8, 1, 2]));

  into?.lose();
  await until('both are opened again', () => {
    const found = under.session.endpoints.filter(({ spec }) => spec.role === 'transcoder');
    return found.length === 2 && found.every((one) => !pair.includes(one));
  });
  member.setVoiceBack('nothing');
  await until('nobody needs it', () => under.session.endpoints.every(({ spec }) => spec.role === 'leg'));
});

test('a G.711 voice that comes back in Opus has the level that was said', async () => {
  const member = under.leg('ada');
  const levels: number[] = [];
  member.onPublish = (_, level) => levels.push(level);
  member.setVoiceBack('opus');
  await until('the voice comes back', () => {
    member.write(rtpPacket(0, 0, Buffer.alloc(160, 0x80)));
    const back = under.session.endpoints.find(({ spec }) => spec.audio.codec === 'opus');
    back?.audio?.send(rtpPacket(111, 1, Buffer.from([0xf8, 1, 2])));
    return levels.length > 0;
  });
  expect(levels[0]).toBeLessThan(3);
});

test('how loud an Opus voice is FreeSWITCH tells, and silence when it is gone', async () => {
  const member = under.leg('ada', { codec: 'opus', payloadType: 111 });
  const levels: number[] = [];
  member.onLevel = (level) => levels.push(level);
  member.setVoiceBack('level');
  const endpoint = await connected(member, () => rtpPacket(111));
  endpoint.talking(20);
  endpoint.talking(20);
  endpoint.talking(null);
  endpoint.talking(25);
  endpoint.lose();
  expect(levels).toEqual([20, 127, 25, 127]);
});

test('tones for a room are the gateway’s to play', () => {
  under.engine.playToRoom('room', ['joined.wav']);
  expect(under.session.asked).toEqual([['mixerRoomPlay', { room: 'room', files: ['joined.wav'] }]]);
});

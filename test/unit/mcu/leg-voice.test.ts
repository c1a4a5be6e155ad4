import { beforeEach, expect, test } from 'vitest';
import { LegVoice } from '../../../mcu/leg-voice.ts';
import type { AudioCodec, Member, PublishingLink, RoomCodec } from '../../../mcu/ports.ts';
import { newRtpPacket } from '../../../mcu/rtp/packet.ts';
import { viewOf } from '../../support/video-peer.ts';

let member: Member;
/** When what the room got was taken in. */
let captured: (number | undefined)[];
let voice: LegVoice;

beforeEach(() => {
  captured = [];
  const written: Buffer[] = [];
  member = {
    onPublish: null,
    write: (packet: Buffer) => written.push(packet),
    setVoiceBack: () => undefined,
  } as unknown as Member;
  voice = new LegVoice(
    () => 0,
    () => 777,
  );
});

function join(codec: AudioCodec, room: RoomCodec): void {
  voice.follow(member, codec);
  voice.enter({
    codec: room,
    write: (_packet: Buffer, _level: number, capturedMs?: number) => captured.push(capturedMs),
  } as unknown as PublishingLink);
}
function say(codec: AudioCodec, sequence: number, capturedMs: number): void {
  const packet = newRtpPacket(160, 0, 5);
  packet.writeUInt16BE(sequence, 2);
  voice.write(packet, viewOf(packet), codec, capturedMs);
}

test.each([
  ['PCMU', 'PCMU'],
  ['PCMA', 'PCMU'],
  ['opus', 'opus'],
] as const)('the room is told when %s was said that goes into it as %s', (codec, room) => {
  join(codec, room);
  say(codec, 1, 5000);
  say(codec, 2, 5020);
  expect(captured).toEqual([5000, 5020]);
});

test('of what the engine gives back it is told when that was said, not when it was made', () => {
  join('G722', 'opus');
  say('G722', 1, 5000);
  expect(captured).toEqual([]);
  member.onPublish?.(newRtpPacket(60, 0, 9), 30);
  expect(captured).toEqual([777]);
});

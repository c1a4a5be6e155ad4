import { Codec } from '@livekit/protocol';
import { expect, it } from 'vitest';
import { takenVoices, takesVideo } from '../../../../mcu/link/taken-codecs.ts';

const room = (...mimes: string[]) => ({ enabledPublishCodecs: mimes.map((mime) => new Codec({ mime })) });

it('a room takes the codecs that it names, in whatever letters', () => {
  const named = room('audio/opus', 'audio/pcmu', 'audio/red', 'video/vp8', 'video/AV1');
  expect([...takenVoices(named)]).toEqual(['opus', 'PCMU']);
  expect([takesVideo(named, 'VP8'), takesVideo(named, 'H264')]).toEqual([true, false]);
});

it('an SFU that names none takes Opus, and pictures in both codecs', () => {
  expect([...takenVoices(room())]).toEqual(['opus']);
  expect([takesVideo(room(), 'VP8'), takesVideo(room(), 'H264')]).toEqual([true, true]);
});

import { expect, test } from 'vitest';
import {
  newVp8Descriptor,
  readVp8Descriptor,
  writeVp8Descriptor,
} from '../../../../../mcu/video/vp8/descriptor.ts';
import { readVp8Size } from '../../../../../mcu/video/vp8/frame-header.ts';
import { PacketWriter } from '../../../../../mcu/video/packet-writer.ts';
import { madeFrame, packetsOf } from '../../../../support/made-video.ts';

/** RFC 7741 §4.2 and §4.6: bytes of the descriptor, and what they say. */
test.each([
  ['10', { startsFrame: true }],
  ['00', {}],
  ['11', {}],
  ['9080 11', { startsFrame: true, pictureId: 0x11 }],
  ['9080 9234', { startsFrame: true, pictureId: 0x1234, longPictureId: true }],
  [
    'b0f0 8005 07 63',
    {
      disposable: true,
      startsFrame: true,
      pictureId: 5,
      longPictureId: true,
      tl0PicIndex: 7,
      temporalLayer: 1,
      layerSync: true,
      keyIndex: 3,
    },
  ],
  ['8010 1f', { keyIndex: 31 }],
  ['8020 80', { temporalLayer: 2 }],
])('descriptor %s', (hex, said) => {
  const packet = Buffer.from(`${hex.replaceAll(' ', '')}aabb`, 'hex');
  const descriptor = newVp8Descriptor();
  expect(readVp8Descriptor(packet, 0, packet.length, descriptor)).toBe(packet.length - 2);
  expect(descriptor).toEqual({ ...newVp8Descriptor(), ...said });
  // Without a byte of the frame behind it, it is none.
  for (let length = 1; length <= packet.length - 2; length++)
    expect(readVp8Descriptor(packet, 0, length, descriptor)).toBe(-1);
});

test('what is written is read', () => {
  const writer = new PacketWriter({ ssrc: 1, payloadType: 96 });
  const said = {
    ...newVp8Descriptor(),
    startsFrame: true,
    pictureId: 0x7abc,
    longPictureId: true,
    tl0PicIndex: 200,
    temporalLayer: 3,
    layerSync: true,
    keyIndex: 17,
    disposable: true,
  };
  const read = newVp8Descriptor();
  writer.begin(0, false, (packet) => readVp8Descriptor(packet, 12, packet.length, read));
  writeVp8Descriptor(writer, said);
  writer.byte(0);
  writer.send(true);
  expect(read).toEqual(said);
});

test('picture IDs go on by one a frame and wrap at 15 bits', () => {
  const frames = Array.from({ length: 0x8002 }, () => madeFrame('VP8', false, 10));
  const ids = packetsOf({ codec: 'VP8' }, frames).map(([packet]) => packet.readUInt16BE(14) & 0x7fff);
  expect([ids[0], ids[1], ids[0x7fff], ids[0x8000], ids[0x8001]]).toEqual([0, 1, 0x7fff, 0, 1]);
});

test('fragments are about as large as each other, and within the limit', () => {
  const [packets] = packetsOf({ codec: 'VP8' }, [madeFrame('VP8', true, 3000)], { maxPayloadBytes: 1000 });
  expect(packets.map((packet) => packet.length - 12)).toEqual([754, 754, 754, 754]);
  expect(packets.map((packet) => packet[12])).toEqual([0x90, 0x80, 0x80, 0x80]);
});

test('only a key frame tells a size', () => {
  const key = madeFrame('VP8', true, 100);
  expect(readVp8Size(key, 0, key.length)).toEqual({ width: 640, height: 360 });
  expect(readVp8Size(key, 0, 9)).toBeNull();
  expect(readVp8Size(madeFrame('VP8', false, 100), 0, 100)).toBeNull();
  key[3] = 0;
  expect(readVp8Size(key, 0, key.length)).toBeNull();
});

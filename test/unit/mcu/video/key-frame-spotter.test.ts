import { expect, test } from 'vitest';
import { KeyFrameSpotter } from '../../../../mcu/video/key-frame-spotter.ts';
import { madeFrame, packetsOf } from '../../../support/made-video.ts';

const sizes = {
  H264: { width: 1280, height: 720 },
  VP8: { width: 640, height: 360 },
  H263: { width: 352, height: 288 },
  'H263-1998': { width: 352, height: 288 },
} as const;

for (const codec of ['H264', 'VP8', 'H263', 'H263-1998'] as const)
  for (const packetizationMode of codec === 'H264' ? ([0, 1] as const) : ([0] as const))
    test(`${codec} in mode ${packetizationMode}: key frames and their size are seen in single packets`, () => {
      const spotter = new KeyFrameSpotter();
      const bytes = packetizationMode === 0 && codec === 'H264' ? 900 : 4000;
      const frames = packetsOf(
        { codec, packetizationMode },
        [false, true, false].map((keyFrame) => madeFrame(codec, keyFrame, bytes)),
      );
      const seen = frames.map((packets) =>
        packets.some((packet) => spotter.look(codec, packet, 12, packet.length)),
      );
      expect(seen).toEqual([false, true, false]);
      expect(spotter.size).toEqual(sizes[codec]);
      expect(spotter.setsInBand).toBe(codec === 'H264');
    });

test('an IDR picture without parameter sets is a key frame of a size that nobody told', () => {
  const spotter = new KeyFrameSpotter();
  expect(spotter.look('H264', Buffer.from([0x65, 0x88, 1, 2]), 0, 4)).toBe(true);
  expect([spotter.size, spotter.setsInBand]).toEqual([null, false]);
});

test('what is cut short or broken is no key frame', () => {
  const spotter = new KeyFrameSpotter();
  const [packets] = packetsOf({ codec: 'VP8' }, [madeFrame('VP8', true, 100)]);
  for (const codec of ['H264', 'VP8', 'H263', 'H263-1998'] as const)
    for (let end = 0; end < 6; end++) expect(spotter.look(codec, packets[0], 12, 12 + end)).toBe(false);
  // An aggregate whose lengths lie, and an SPS that ends in the middle.
  expect(spotter.look('H264', Buffer.from([0x18, 0xff, 0xff, 0x67]), 0, 4)).toBe(false);
  expect(spotter.look('H264', Buffer.from([0x67, 0x42, 0xc0, 0x1f, 0xff]), 0, 5)).toBe(false);
});

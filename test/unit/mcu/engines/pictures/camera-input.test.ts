import { expect, test, vi } from 'vitest';
import { CameraInput } from '../../../../../mcu/engines/embedded/pictures/camera-input.ts';
import { quietLog } from '../../../../support/quiet-log.ts';

/** Decoders that are at work until they are told that they are done, as on a busy machine. */
const decoders = vi.hoisted((): { waiting: number; broken: number; dropped: number }[] => []);
vi.mock('../../../../../mcu/engines/embedded/pictures/codecs/decoder.ts', () => ({
  VideoDecoder: class {
    waiting = 0;
    broken = 0;
    dropped = 0;
    constructor() {
      decoders.push(this);
    }
    push() {
      this.waiting++;
    }
    close() {
      this.waiting = Math.min(1, this.waiting);
    }
  },
}));

/** A key frame of VP8 in one packet, or one of H.263 (RFC 4629) in one. */
function keyFrame(sequence: number): Buffer {
  const isVp8 = sequence % 2 === 0;
  const packet = Buffer.alloc(12 + 40);
  packet[0] = 0x80;
  packet[1] = 0x80 | (isVp8 ? 96 : 97);
  packet.writeUInt16BE(sequence, 2);
  packet.writeUInt32BE(sequence * 3000, 4);
  packet.writeUInt32BE(7, 8);
  // VP8: S bit, then a key frame's header with 320×180. H.263+: P bit, then a picture's start code with CIF.
  const payload = isVp8
    ? [0x10, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xb4, 0x00]
    : [0x04, 0x00, 0x80, 0x02, 0x0c, 0x08];
  Buffer.from(payload).copy(packet, 12);
  return packet;
}

test('who changes its codec with each frame has one decoder, and one that finishes', () => {
  const camera = new CameraInput(
    {
      id: 'camera',
      backSsrc: 1,
      formats: [
        { codec: 'VP8', payloadType: 96 },
        { codec: 'H263-1998', payloadType: 97 },
      ],
    },
    {
      log: quietLog(),
      onKeyFrameNeeded: () => undefined,
      onSize: () => undefined,
      onWork: () => undefined,
      send: () => undefined,
      flush: () => undefined,
    },
  );
  camera.setShown(true);
  for (let sequence = 0; sequence < 100; sequence++) camera.write(keyFrame(sequence), sequence);
  camera.advance(1000);
  expect(camera.figures().keyFrames).toBeGreaterThan(50);
  expect(decoders.length).toBeGreaterThan(1);
  expect(decoders.filter(({ waiting }) => waiting > 0).length).toBeLessThanOrEqual(2);
  // Once that one is done, the next codec's has its turn.
  const before = decoders.length;
  for (const decoder of decoders) decoder.waiting = 0;
  for (let sequence = 100; sequence < 104; sequence++) camera.write(keyFrame(sequence), sequence + 1000);
  expect(decoders.length).toBeGreaterThan(before);
  camera.close();
});

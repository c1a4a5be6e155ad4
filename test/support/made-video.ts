/** Frames that look like a codec's to everybody but a decoder, and the packets of a sender who sends them. */
import { createHash } from 'node:crypto';
import type { FeedProfile, VideoCodec } from '../../mcu/ports/video.ts';
import { FrameAssembler } from '../../mcu/video/frame-assembler.ts';
import type { AssemblerOptions, EncodedFrame } from '../../mcu/video/frame-assembler.ts';
import type { PacketStream } from '../../mcu/video/packet-writer.ts';
import { packetizerFor } from '../../mcu/video/payload-formats.ts';

/** x264's own for 1280×720, Constrained Baseline, level 3.1. */
export const sps720 = Buffer.from('6742c01fda014016ec0440000003004000000f23c60ca8', 'hex');
export const pps = Buffer.from('68ce3c80', 'hex');

export function byteStream(...nals: readonly Buffer[]): Buffer {
  return Buffer.concat(nals.flatMap((nal) => [Buffer.from([0, 0, 0, 1]), nal]));
}

/** A coded slice: `first` says that it is the picture's first one. `header`: 0x65 IDR, 0x41 referred to, 0x01 not. */
export function slice(header: number, bytes: number, seed = 1, first = true): Buffer {
  // first_mb_in_slice (0 or 1), slice_type 5 (P) or 7 (I).
  const [ofFirst, ofNext] = header === 0x65 ? [[0x88], [0x42, 0x20]] : [[0x9a], [0x46]];
  return filled(Buffer.from([header, ...(first ? ofFirst : ofNext)]), bytes, seed);
}

/** `start` and bytes that are never zero up to a length of `bytes`. */
function filled(start: Buffer, bytes: number, seed: number): Buffer {
  const rest = Buffer.alloc(Math.max(1, bytes - start.length));
  for (let i = 0; i < rest.length; i++) rest[i] = 1 + ((i * 31 + seed * 97 + (i >> 8)) % 255);
  return Buffer.concat([start, rest]);
}

export function madeFrame(codec: VideoCodec, keyFrame: boolean, bytes: number, seed = 1): Buffer {
  switch (codec) {
    case 'H264':
      return keyFrame
        ? byteStream(sps720, pps, slice(0x65, bytes, seed))
        : byteStream(slice(0x41, bytes, seed));
    case 'VP8':
      return keyFrame
        ? filled(Buffer.from([0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01]), bytes, seed)
        : filled(Buffer.from([0x11, 0, 0]), bytes, seed);
    case 'H263':
    case 'H263-1998':
      return h263Frame(keyFrame, bytes, seed);
  }
}

/** A CIF picture: PSC, TR and PTYPE, then a GOB's start every 500 bytes. */
function h263Frame(keyFrame: boolean, bytes: number, seed: number): Buffer {
  const frame = filled(
    Buffer.from([0, 0, 0x80, 0x02, keyFrame ? 0x0c : 0x0e, 0x10]),
    Math.max(7, bytes),
    seed,
  );
  for (let at = 500; at + 3 < frame.length; at += 500) frame.set([0, 0, 0x84], at);
  return frame;
}

/** What is compared instead of frames, so that a difference can be read. */
export function prints(frames: readonly (Buffer | EncodedFrame)[]): string[] {
  return frames.map((frame) => {
    const data = Buffer.isBuffer(frame) ? frame : frame.data;
    return `${data.length} bytes ${createHash('sha1').update(data).digest('hex').slice(0, 8)}`;
  });
}

export const frameTicks = 3000;

/** Packets of a frame each, 30 frames a second. */
export function packetsOf(
  profile: Pick<FeedProfile, 'codec' | 'packetizationMode'>,
  frames: readonly Buffer[],
  stream: Partial<PacketStream> & { readonly firstTimestamp?: number } = {},
): Buffer[][] {
  const packetizer = packetizerFor(profile, { ssrc: 7, payloadType: 96, ...stream });
  return frames.map((frame, i) => {
    const packets: Buffer[] = [];
    const timestamp = ((stream.firstTimestamp ?? 0) + i * frameTicks) >>> 0;
    packetizer.packetize(frame, timestamp, (packet) => packets.push(Buffer.from(packet)));
    return packets;
  });
}

/** An assembler, and what it gave. */
export function assembling(
  codec: VideoCodec,
  options: Partial<AssemblerOptions> = {},
): { assembler: FrameAssembler; frames: EncodedFrame[] } {
  const frames: EncodedFrame[] = [];
  const assembler = new FrameAssembler({
    formats: [{ codec, payloadType: 96 }],
    onFrame: (frame) => frames.push(frame),
    ...options,
  });
  return { assembler, frames };
}

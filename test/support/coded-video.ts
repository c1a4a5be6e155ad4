/** Real streams, made by ffmpeg, frame by frame. */
import { spawnSync } from 'node:child_process';
import { eachNal, isSlice } from '../../mcu/video/h264/nal.ts';
import { startsPicture } from '../../mcu/video/h263/picture-header.ts';
import type { FeedProfile } from '../../mcu/ports/video.ts';
import { findOnPath } from './find-program.ts';

/** Null: ffmpeg is there. */
export const ffmpegMissing =
  findOnPath('ffmpeg') === null ? 'no ffmpeg program: apt-get install ffmpeg' : null;

export interface CodedVideo {
  readonly codec: FeedProfile['codec'];
  readonly frames: readonly Buffer[];
}

/** Encoders as our engine sets them, no B frames, no look-ahead; and a file format that keeps their streams as they are. */
const encoders = {
  H264: { format: 'h264', args: ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency'] },
  VP8: { format: 'ivf', args: ['-c:v', 'libvpx', '-deadline', 'realtime', '-auto-alt-ref', '0'] },
  H263: { format: 'h263', args: ['-c:v', 'h263', '-ps', '1000'] },
  'H263-1998': { format: 'h263', args: ['-c:v', 'h263p', '-ps', '1000'] },
} as const;

export interface CodingWishes {
  readonly size?: string | undefined;
  readonly seconds?: number;
  /** Frames from one key frame to the next. */
  readonly gop?: number;
  readonly bitrate?: string;
  readonly more?: readonly string[] | undefined;
}

/** For ffmpeg: a moving test picture of 30 frames a second, coded. */
export function videoArguments(
  codec: CodedVideo['codec'],
  wishes: CodingWishes,
): { format: string; args: readonly string[] } {
  const { size = '352x288', seconds = 2, gop = 15, bitrate = '600k', more = [] } = wishes;
  const source = ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=30:duration=${seconds}`];
  const coding = ['-pix_fmt', 'yuv420p', '-g', String(gop), '-b:v', bitrate, '-threads', '1'];
  const { format, args } = encoders[codec];
  return { format, args: [...source, ...coding, ...args, ...more] };
}

export function codedVideo(codec: CodedVideo['codec'], wishes: CodingWishes = {}): CodedVideo {
  const { format, args } = videoArguments(codec, wishes);
  const { stdout, stderr, status } = spawnSync(
    'ffmpeg',
    ['-hide_banner', '-loglevel', 'error', ...args, '-f', format, '-'],
    { maxBuffer: 1 << 28 },
  );
  if (status !== 0) throw new Error(`ffmpeg: ${stderr.toString()}`);
  return { codec, frames: framesOf(codec, stdout) };
}

/** Takes an elementary stream (VP8: an IVF file) apart. */
export function framesOf(codec: CodedVideo['codec'], stream: Buffer): readonly Buffer[] {
  switch (codec) {
    case 'H264':
      return accessUnits(stream);
    case 'VP8':
      return ivfFrames(stream);
    case 'H263':
    case 'H263-1998':
      return h263Frames(stream);
  }
}

/** Each with start codes of four bytes (ITU-T H.264 §7.4.1.2.3: what stands before a picture's first slice is its own). */
function accessUnits(stream: Buffer): Buffer[] {
  const units: Buffer[][] = [];
  let hasSlice = true;
  eachNal(stream, 0, stream.length, (from, to) => {
    const slice = isSlice(stream[from] & 0x1f);
    if (hasSlice && (!slice || stream[from + 1] > 0x7f)) {
      units.push([]);
      hasSlice = false;
    }
    if (slice) hasSlice = true;
    units.at(-1)?.push(Buffer.from([0, 0, 0, 1]), stream.subarray(from, to));
    return true;
  });
  return units.map((parts) => Buffer.concat(parts));
}

function ivfFrames(file: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 32; at + 12 <= file.length;) {
    const end = at + 12 + file.readUInt32LE(at);
    frames.push(file.subarray(at + 12, end));
    at = end;
  }
  return frames;
}

function h263Frames(stream: Buffer): Buffer[] {
  const starts: number[] = [];
  for (let at = 0; at + 3 <= stream.length; at++)
    if (startsPicture(stream, at, stream.length)) starts.push(at);
  return starts.map((start, i) => stream.subarray(start, starts[i + 1] ?? stream.length));
}

/**
 * What keeps this process alive beside node-av (FFmpeg). Its native side trusts whoever calls it, so the rules stand
 * here and everything that touches it goes through this folder:
 *
 * - Options are set with `setOption`, and `open2` gets no dictionary: node-av 6.1.1 frees the caller's twice.
 * - `frame.data` and `packet.data` are views of native memory that is gone after `free`, `unref` and the next frame.
 *   They are fetched where they are used, and kept by nobody but who owns the frame: a canvas, a scaler's bench.
 * - `fromBuffer` and `fromVideoBuffer` neither copy nor hold the memory: they are not used.
 * - A context is in one call at a time, and freed when none is on its way: calls run on libuv's pool.
 * - A frame that a call reads is a reference of that call's own: its fields may be set, and the picture let go, meanwhile.
 * - sws looks at no length: what it reads and writes is checked before.
 * - No worker threads: node-av ends the process when one is terminated.
 */
import { Codec, CodecContext, Frame, Log, Rational } from 'node-av/lib';
import {
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVCOL_SPC_SMPTE170M,
  AVERROR_EAGAIN,
  AV_LOG_QUIET,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUV422P,
  AV_PIX_FMT_YUV444P,
  AV_PIX_FMT_YUVJ420P,
  AV_PIX_FMT_YUVJ422P,
  AV_PIX_FMT_YUVJ444P,
} from 'node-av/constants';
import { MediaError } from '../../../../errors.ts';
import type { VideoCodec } from '../../../../ports.ts';

/** FFmpeg would write a line to stderr for every broken slice that a stranger sends. */
export function silence(): void {
  Log.setLevel(AV_LOG_QUIET);
}

/** Frames of the 90 kHz clock of RTP video. */
export const rtpTimeBase = new Rational(1, 90_000);

/** A row of a canvas, and every row of a tile, begins where vector instructions read fastest. */
const rowAlignment = 32;

/** Planar formats, with the shifts that give a chroma plane's size; 8 bits a sample. */
const planar: ReadonlyMap<number, { readonly shiftX: number; readonly shiftY: number }> = new Map([
  [AV_PIX_FMT_YUV420P, { shiftX: 1, shiftY: 1 }],
  [AV_PIX_FMT_YUVJ420P, { shiftX: 1, shiftY: 1 }],
  [AV_PIX_FMT_YUV422P, { shiftX: 1, shiftY: 0 }],
  [AV_PIX_FMT_YUVJ422P, { shiftX: 1, shiftY: 0 }],
  [AV_PIX_FMT_YUV444P, { shiftX: 0, shiftY: 0 }],
  [AV_PIX_FMT_YUVJ444P, { shiftX: 0, shiftY: 0 }],
]);

/** Null: a format that no peer was told it may send, such as 10 bits a sample. */
export function chromaShifts(format: number): { readonly shiftX: number; readonly shiftY: number } | null {
  return planar.get(format) ?? null;
}

export function newFrame(): Frame {
  const frame = new Frame();
  frame.alloc();
  return frame;
}

/** With memory for an I420 picture in BT.601 and limited range, whose content is undefined. */
export function newPicture(width: number, height: number): Frame {
  const frame = newFrame();
  frame.width = width;
  frame.height = height;
  frame.format = AV_PIX_FMT_YUV420P;
  frame.colorSpace = AVCOL_SPC_SMPTE170M;
  frame.colorRange = AVCOL_RANGE_MPEG;
  must(frame.getBuffer(rowAlignment), 'a picture can not be allocated');
  return frame;
}

/**
 * Views of a picture's planes, for as long as its memory stays. V8 counts each look at a picture as its size in new memory,
 * and takes that back only when it collects: not for pictures that come by the dozen.
 */
export function memoryOf(frame: Frame): Buffer[] {
  const { data } = frame;
  if (!data) throw new MediaError('INTERNAL', 'a picture has no memory');
  return data;
}

/**
 * Says of a decoded picture in which colours it is, for those who convert it. What says nothing is in BT.601 and limited
 * range: so browsers send, and VP8 and H.263 know nothing else. RFC 6386 §9.2: VP8's clamping_type, which FFmpeg takes
 * for the range, is about arithmetic only.
 */
export function nameColours(frame: Frame, codec: VideoCodec): void {
  const isFull = codec === 'H264' && (frame.colorRange === AVCOL_RANGE_JPEG || isFullRange(frame.format));
  const isBt709 = codec === 'H264' && frame.colorSpace === AVCOL_SPC_BT709;
  frame.colorRange = isFull ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
  frame.colorSpace = isBt709 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
}

function isFullRange(format: number): boolean {
  return [AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUVJ444P].some((one) => one === format);
}

/** Whether it can be encoded as it is, as a canvas can. */
export function isAsCanvas({ format, colorSpace, colorRange }: Frame): boolean {
  return (
    format === AV_PIX_FMT_YUV420P && colorSpace === AVCOL_SPC_SMPTE170M && colorRange === AVCOL_RANGE_MPEG
  );
}

/** Another reference to the picture, for one call; its holder frees it. */
export function referTo(frame: Frame): Frame {
  const another = frame.clone();
  if (!another) throw new MediaError('INTERNAL', 'a picture can not be referred to');
  return another;
}

export interface CodecSetup {
  readonly codec: Codec;
  readonly context: CodecContext;
}

/** A context that is not open yet. One thread: many streams fill the machine's cores, and a frame is not delayed by threads. */
export function setUp(codec: Codec | null, name: string): CodecSetup {
  if (!codec) throw new MediaError('CODEC_UNAVAILABLE', `This build of FFmpeg has no ${name}.`);
  const context = new CodecContext();
  context.allocContext3(codec);
  context.threadCount = 1;
  return { codec, context };
}

/** Opens it on libuv's pool. */
export async function open(
  { codec, context }: CodecSetup,
  options: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, value] of Object.entries(options)) {
    must(context.setOption(name, value), `option ${name} is not known`);
  }
  must(await context.open2(codec, null), `${codec.name ?? 'codec'} can not be opened`);
}

/** FFmpeg's way to say that there is nothing more to take. */
export function isEmpty(result: number): boolean {
  return result === AVERROR_EAGAIN;
}

export function must(result: number, what: string): void {
  if (result < 0) throw new MediaError('INTERNAL', `${what} (FFmpeg says ${result})`);
}

export { Codec, Frame, AV_PIX_FMT_YUV420P };
export type { CodecContext };

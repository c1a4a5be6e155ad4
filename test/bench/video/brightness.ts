/** How bright pictures are, by which the bench knows its own again. */
import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { FrameAssembler } from '../../../mcu/video/frame-assembler.ts';
import { toIvf } from '../../support/test-video.ts';

const [width, height] = [16, 9];
/** Above it is what `clips` makes white, below it all else, screens of the gateway among them. */
export const brightAbove = 150;

/** Whole frames of one H.264 stream, with the time at which their last packet came. */
export class FrameLog {
  readonly frames: { readonly data: Buffer; readonly atMs: number }[] = [];
  readonly #assembler: FrameAssembler;

  constructor(payloadType: number) {
    this.#assembler = new FrameAssembler({
      formats: [{ codec: 'H264', payloadType }],
      onFrame: ({ data }) => this.frames.push({ data, atMs: performance.now() }),
    });
  }

  /** Lent. */
  readonly take = (packet: Buffer): void => {
    this.#assembler.write(Buffer.from(packet), performance.now());
  };

  /** When each picture was there, and how bright it is, 0–255: decoded now, which takes a while. */
  async pictures(): Promise<{ readonly atMs: number; readonly luma: number }[]> {
    // More may come while these are decoded.
    const frames = [...this.frames];
    const luma = await brightness(frames.map(({ data }) => data));
    if (luma.length !== frames.length)
      throw new Error(`${frames.length} frames were decoded to ${luma.length} pictures`);
    return frames.map(({ atMs }, i) => ({ atMs, luma: luma[i] }));
  }
}

/** Mean luma of each picture; frames of any sizes. */
async function brightness(frames: readonly Buffer[]): Promise<number[]> {
  if (frames.length === 0) return [];
  const ffmpeg = spawn(
    'ffmpeg',
    [
      ...['-hide_banner', '-loglevel', 'error', '-flags', 'low_delay'],
      ...['-threads', '1', '-f', 'ivf', '-i', 'pipe:0'],
      ...['-vf', `scale=${width}:${height}:flags=area,format=gray`],
      ...['-fps_mode', 'passthrough', '-f', 'rawvideo', 'pipe:1'],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  // The frames say themselves how large they are.
  ffmpeg.stdin.end(toIvf('H264', frames, 1280, 720));
  const bytes = await buffer(ffmpeg.stdout);
  const size = width * height;
  return Array.from({ length: bytes.length / size }, (_, i) => {
    const picture = bytes.subarray(i * size, (i + 1) * size);
    return picture.reduce((sum, value) => sum + value, 0) / size;
  });
}

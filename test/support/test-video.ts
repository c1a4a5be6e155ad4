import { execFileSync, spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import type { VideoCodec } from '../../mcu/ports.ts';
import { framesOf } from './coded-video.ts';

/** Frames as a camera encodes them, the first a key frame. */
export interface TestVideo {
  readonly codec: VideoCodec;
  readonly width: number;
  readonly height: number;
  readonly frames: readonly Buffer[];
}

export interface TestVideoOptions {
  readonly codec?: 'H264' | 'VP8' | 'H263';
  readonly width?: number;
  readonly height?: number;
  /** Of the whole picture but a moving test card in the upper left corner. */
  readonly colour?: string;
  /** How strong the noise is that no encoder can make small, 0 (the default) to 100; its bit rate is a camera's then. */
  readonly noise?: number;
  readonly frames?: number;
}

const encoders = {
  H264: ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-f', 'h264'],
  VP8: ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '800k', '-f', 'ivf'],
  H263: ['-c:v', 'h263', '-ps', '1000', '-b:v', '384k', '-f', 'h263'],
} as const;

const made = new Map<string, TestVideo>();

/** A second or so of a camera, made once by ffmpeg: moving, and of a colour by which it is known again. */
export function testVideo(options: TestVideoOptions = {}): TestVideo {
  const { codec = 'H264', width = 640, height = 360, colour = 'red', noise = 0, frames = 30 } = options;
  const key = JSON.stringify({ codec, width, height, colour, noise, frames });
  let video = made.get(key);
  if (!video) {
    const card = Math.max(16, (Math.min(width, height) >> 3) & ~1);
    const bytes = execFileSync(
      'ffmpeg',
      [
        ...['-hide_banner', '-loglevel', 'error'],
        ...['-f', 'lavfi', '-i', `color=c=${colour}:s=${width}x${height}:r=30`],
        ...['-f', 'lavfi', '-i', `testsrc=s=${card}x${card}:r=30`],
        ...[
          '-filter_complex',
          `[0][1]overlay=8:8,noise=alls=${noise}:allf=t,format=yuv420p`,
          '-frames:v',
          String(frames),
        ],
        ...['-threads', '1', '-g', String(frames)],
        ...encoders[codec],
        ...(noise > 0 ? ['-b:v', '2M', '-maxrate', '2M', '-bufsize', '500k'] : []),
        'pipe:1',
      ],
      { maxBuffer: 1 << 28 },
    );
    video = { codec, width, height, frames: framesOf(codec, bytes) };
    made.set(key, video);
  }
  return video;
}

/** A decoded picture, 24 bits a pixel. */
export class TestPicture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Buffer;

  constructor(width: number, height: number, rgb: Buffer) {
    this.width = width;
    this.height = height;
    this.rgb = rgb;
  }

  /** Mean of red, green and blue over a square of 9 × 9 pixels; `x` and `y` are shares of width and height. */
  at(x: number, y: number): readonly [number, number, number] {
    const sum = [0, 0, 0];
    for (let dy = -4; dy <= 4; dy++) {
      for (let dx = -4; dx <= 4; dx++) {
        const px = Math.round(x * this.width) + dx;
        const at = ((Math.round(y * this.height) + dy) * this.width + px) * 3;
        for (let c = 0; c < 3; c++) sum[c] += this.rgb[at + c];
      }
    }
    return [sum[0] / 81, sum[1] / 81, sum[2] / 81];
  }

  /** Which of the colours that cameras have is seen there; null: none. */
  colourAt(x: number, y: number): string | null {
    const seen = this.at(x, y);
    const near = Object.entries(colours).find(([, one]) => one.every((v, c) => Math.abs(v - seen[c]) < 60));
    return near?.[0] ?? null;
  }

  png(): Buffer {
    const { width, height } = this;
    const size = `${width}x${height}`;
    const raw = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', size, '-i', 'pipe:0'];
    return execFileSync('ffmpeg', ['-loglevel', 'error', ...raw, '-f', 'apng', '-frames:v', '1', 'pipe:1'], {
      input: this.rgb,
    });
  }
}

/** As ffmpeg names and draws them. */
export const colours = {
  red: [255, 0, 0],
  lime: [0, 255, 0],
  blue: [0, 0, 255],
  yellow: [255, 255, 0],
  magenta: [255, 0, 255],
  cyan: [0, 255, 255],
  white: [255, 255, 255],
  black: [0, 0, 0],
} as const;

/**
 * What a device would show: all pictures of these frames, the first a key frame, all of one size. Cameras of this
 * process go on sending meanwhile.
 */
export async function decodeVideo(
  codec: VideoCodec,
  frames: readonly Buffer[],
  width: number,
  height: number,
): Promise<TestPicture[]> {
  const input = codec === 'VP8' ? toIvf('VP80', frames, width, height) : Buffer.concat(frames);
  const format = { H264: 'h264', VP8: 'ivf', H263: 'h263', 'H263-1998': 'h263' }[codec];
  const ffmpeg = spawn(
    'ffmpeg',
    [
      ...['-hide_banner', '-loglevel', 'error', '-f', format, '-i', 'pipe:0'],
      ...['-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'],
    ],
    { stdio: ['pipe', 'pipe', 'ignore'] },
  );
  // One that has seen enough reads no further.
  ffmpeg.stdin.on('error', () => undefined);
  ffmpeg.stdin.end(input);
  const stdout = await buffer(ffmpeg.stdout);
  const bytes = width * height * 3;
  const pictures: TestPicture[] = [];
  for (let at = 0; at + bytes <= stdout.length; at += bytes)
    pictures.push(new TestPicture(width, height, stdout.subarray(at, at + bytes)));
  return pictures;
}

/** A file in which each frame stands apart, so that nobody has to find where one ends. */
export function toIvf(
  fourCc: 'VP80' | 'H264',
  frames: readonly Buffer[],
  width: number,
  height: number,
): Buffer {
  const header = Buffer.alloc(32);
  header.write('DKIF', 0, 'latin1');
  header.writeUInt16LE(32, 6);
  header.write(fourCc, 8, 'latin1');
  header.writeUInt16LE(width, 12);
  header.writeUInt16LE(height, 14);
  header.writeUInt32LE(30, 16);
  header.writeUInt32LE(1, 20);
  header.writeUInt32LE(frames.length, 24);
  const parts = frames.flatMap((frame, index) => {
    const lead = Buffer.alloc(12);
    lead.writeUInt32LE(frame.length, 0);
    lead.writeUInt32LE(index, 4);
    return [lead, frame];
  });
  return Buffer.concat([header, ...parts]);
}

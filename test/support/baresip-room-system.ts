/** baresip as a room system: its camera is a clip, and what its screen shows can be looked at. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Baresip, hasBaresipModules, missingForBaresip } from '../demo/baresip.ts';
import { ffmpegMissing } from './coded-video.ts';
import { Pixels } from './pixels.ts';
import { until } from './until.ts';

/** How a PNG file ends (ISO/IEC 15948 §11.2.5): it is written while we look. */
const pngEnd = Buffer.from('IEND');

/** Says what is missing for a room system's calls, or null. */
export function missingForRoomSystem(): string | null {
  if (!hasBaresipModules(['avcodec', 'avformat', 'fakevideo', 'snapshot']))
    return missingForBaresip() ?? 'no video in baresip: apt-get install baresip-ffmpeg';
  return missingForBaresip() ?? ffmpegMissing;
}

export interface Clip {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly seconds: number;
}

/** Colour bars with a white square that wanders, as a camera's picture. */
function makeClip(file: string, { width, height, fps, seconds }: Clip): void {
  const { status, stderr } = spawnSync('ffmpeg', [
    ...['-hide_banner', '-loglevel', 'error', '-y', '-f', 'lavfi'],
    ...['-i', `smptebars=size=${width}x${height}:rate=${fps}:duration=${seconds}`],
    ...['-vf', `drawbox=x='mod(t*60,${width - 40})':y=${height - 80}:w=40:h=40:color=white:t=fill`],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', String(fps), file],
  ]);
  if (status !== 0) throw new Error(`ffmpeg: ${stderr.toString()}`);
}

/** Modules and settings with which baresip offers nothing but this codec; of H.264 it offers both packetization modes. */
const codecs = {
  H264: ['module avcodec.so'],
  VP8: ['module vp8.so'],
  // Without a coder for H.264 the same module has H.263, and what nobody wants.
  H263: ['module avcodec.so', 'avcodec_h264enc none', 'avcodec_h264dec none'],
} as const;

export interface RoomSystemOptions {
  /** What its camera sees. */
  readonly clip: Clip;
  readonly codec?: keyof typeof codecs;
  /** Parameters of baresip's account line. */
  readonly account?: string;
  /** Further lines of its configuration. */
  readonly settings?: readonly string[];
}

export class RoomSystem {
  readonly baresip: Baresip;
  readonly #folder: string;
  #shots = 0;

  private constructor(baresip: Baresip, folder: string) {
    this.baresip = baresip;
    this.#folder = folder;
  }

  /** Starts it with its files in `folder`; it calls from `number`. */
  static async start(folder: string, number: string, options: RoomSystemOptions): Promise<RoomSystem> {
    const { clip, codec = 'H264', account = '', settings = [] } = options;
    const clipFile = join(folder, 'clip.mp4');
    mkdirSync(folder, { recursive: true });
    makeClip(clipFile, clip);
    const baresip = await Baresip.start(folder, number, account, [
      ...codecs[codec],
      'module avformat.so',
      'module fakevideo.so',
      'module snapshot.so',
      `video_source avformat,${clipFile}`,
      'video_display fakevideo,nil',
      `video_size ${clip.width}x${clip.height}`,
      `video_fps ${clip.fps}`,
      'video_bitrate 800000',
      // Its jitter buffer keeps five packets, whenever they came: of a picture in which nothing moves that is a second.
      'jitter_buffer_delay 0-0',
      ...settings,
    ]);
    return new RoomSystem(baresip, folder);
  }

  /** The next picture that is decoded. */
  async look(deadlineMs = 5000): Promise<Pixels> {
    this.#shots += 1;
    const file = join(this.#folder, `shot-${this.#shots}.png`);
    this.baresip.command('snapshot_recv', file);
    const png = await until(
      'the room system has a picture',
      () => {
        if (!existsSync(file)) return null;
        const bytes = readFileSync(file);
        return bytes.subarray(-16).includes(pngEnd) ? bytes : null;
      },
      deadlineMs,
    );
    rmSync(file);
    return inTrueColours(await Pixels.fromPng(png));
  }

  close(): Promise<void> {
    return this.baresip.close();
  }
}

/**
 * baresip makes RGB by coefficients of its own (librem's vidconv), and takes black for grey: whatever the stream says,
 * Y goes from 0 to 255 for it. Back to Y, Cb and Cr by that, then to RGB by BT.601, as the stream's VUI has it.
 */
function inTrueColours({ width, height, data }: Pixels): Pixels {
  const [redOfCr, greenOfCb, greenOfCr, blueOfCb] = [1.3707, -0.3376, -0.698, 1.7324];
  const out = new Uint8ClampedArray(data.length).fill(255);
  for (let at = 0; at < data.length; at += 4) {
    const [r, g, b] = [data[at], data[at + 1], data[at + 2]];
    const [byRed, byBlue] = [greenOfCr / redOfCr, greenOfCb / blueOfCb];
    const y = (g - byRed * r - byBlue * b) / (1 - byRed - byBlue);
    const luma = ((y - 16) * 255) / 219;
    const [u, v] = [((b - y) / blueOfCb) * (255 / 224), ((r - y) / redOfCr) * (255 / 224)];
    out[at] = luma + 1.402 * v;
    out[at + 1] = luma - 0.344136 * u - 0.714136 * v;
    out[at + 2] = luma + 1.772 * u;
  }
  return new Pixels(width, height, out);
}

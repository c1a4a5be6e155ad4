import { Packet } from 'node-av/lib';
import { AV_CODEC_FLAG_LOW_DELAY, AV_FRAME_FLAG_CORRUPT } from 'node-av/constants';
import type { FFDecoderCodec } from 'node-av/constants';
import type { VideoCodec } from '../../../../ports.ts';
import type { EncodedFrame } from '../../../../video/frame-assembler.ts';
import { Codec, nameColours, newFrame, open, rtpTimeBase, setUp } from './av.ts';
import type { CodecContext, CodecSetup, Frame } from './av.ts';

type Encoded = Pick<EncodedFrame, 'data' | 'timestamp' | 'keyFrame'>;

/** Half a second; whoever is further behind would show the past. */
const longestQueue = 15;
/** 4096 × 2304, H.264's level 5.1: more costs memory that nobody asked for. */
const mostPixels = 4096 * 2304;

const decoderNames = {
  H264: 'h264',
  VP8: 'vp8',
  // Reads H.263 and H.263+.
  H263: 'h263',
  'H263-1998': 'h263',
} as const satisfies Record<VideoCodec, string>;

export interface DecoderHost {
  /**
   * A picture, lent: whoever wants it longer refers to it. Its `pts` is the encoded frame's timestamp; its colours are
   * named, those of the codec where the stream does not.
   */
  readonly onFrame: (frame: Frame) => void;
  /** Nothing is decoded before the next key frame. */
  readonly onKeyFrameNeeded: () => void;
  /** Frames of it are being decoded from now on, or no more. */
  readonly onWork: (busy: boolean) => void;
}

/** One camera's decoder: frames in order, one at a time on libuv's pool; never an error outside. */
export class VideoDecoder {
  readonly #codec: VideoCodec;
  readonly #host: DecoderHost;
  readonly #setup: CodecSetup;
  readonly #queue: Encoded[] = [];
  readonly #packet = new Packet();
  readonly #frame = newFrame();
  #opened = false;
  #needsKeyFrame = true;
  #running = false;
  #closed = false;
  /** Could not be decoded, or only in part. */
  broken = 0;
  /** Left out because decoding fell behind. */
  dropped = 0;

  constructor(codec: VideoCodec, host: DecoderHost) {
    this.#codec = codec;
    this.#host = host;
    const name = decoderNames[codec];
    this.#setup = setUp(Codec.findDecoderByName(name as FFDecoderCodec), `${name} decoder`);
    const context: CodecContext = this.#setup.context;
    context.pktTimebase = rtpTimeBase;
    // Devices send no pictures that are shown later than they are decoded; FFmpeg would wait for them.
    context.setFlags(AV_CODEC_FLAG_LOW_DELAY);
    this.#packet.alloc();
  }

  /** Frames that are still to be decoded, the one at work among them. */
  get waiting(): number {
    return this.#queue.length + (this.#running ? 1 : 0);
  }

  /** The frame's memory is not copied before its turn comes: whoever hands it over gives it away. */
  push(encoded: Encoded): void {
    if (this.#closed) return;
    if (this.#queue.length >= longestQueue) this.#fallBehind();
    if (encoded.keyFrame) this.#needsKeyFrame = false;
    if (this.#needsKeyFrame) {
      this.#host.onKeyFrameNeeded();
      return;
    }
    this.#queue.push(encoded);
    if (!this.#running) void this.#run();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.length = 0;
    if (!this.#running) this.#free();
  }

  #fallBehind(): void {
    this.dropped += this.#queue.length;
    this.#waitForKeyFrame();
  }

  #waitForKeyFrame(): void {
    this.#needsKeyFrame = true;
    this.#queue.length = 0;
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    this.#running = true;
    this.#host.onWork(true);
    for (let next = this.#queue.shift(); next && !this.#closed; next = this.#queue.shift()) {
      if (!(await this.#decode(next))) this.#fail();
    }
    this.#running = false;
    this.#host.onWork(false);
    if (this.#closed) this.#free();
  }

  async #decode(encoded: Encoded): Promise<boolean> {
    const { context } = this.#setup;
    try {
      if (!this.#opened) {
        await open(this.#setup, { max_pixels: String(mostPixels) });
        this.#opened = true;
        if (this.#closed) return true;
      }
      const packet = this.#packet;
      packet.data = encoded.data;
      packet.pts = BigInt(encoded.timestamp);
      const sent = await context.sendPacket(packet);
      packet.unref();
      return sent >= 0 && this.#take(context);
    } catch {
      // No memory for it: the next key frame tries again.
      return false;
    }
  }

  /** `sendPacket` decoded already: taking the picture is no work, so it needs no trip through the pool. */
  #take(context: CodecContext): boolean {
    let whole = true;
    while (!this.#closed && context.receiveFrameSync(this.#frame) >= 0) {
      if (this.#frame.decodeErrorFlags !== 0 || this.#frame.hasFlags(AV_FRAME_FLAG_CORRUPT)) whole = false;
      else {
        nameColours(this.#frame, this.#codec);
        this.#host.onFrame(this.#frame);
      }
      this.#frame.unref();
    }
    return whole;
  }

  #fail(): void {
    if (this.#closed) return;
    this.broken++;
    // The key frame that helps may wait in the queue already.
    const next = this.#queue.findIndex(({ keyFrame }) => keyFrame);
    if (next >= 0) {
      this.#queue.splice(0, next);
      return;
    }
    this.#waitForKeyFrame();
    this.#host.onKeyFrameNeeded();
  }

  #free(): void {
    this.#setup.context.freeContext();
    this.#packet.free();
    this.#frame.free();
  }
}

import { Packet, Rational } from 'node-av/lib';
import {
  AVCOL_PRI_BT709,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_SMPTE170M,
  AVCOL_TRC_BT709,
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
} from 'node-av/constants';
import type { FFEncoderCodec } from 'node-av/constants';
import type { FeedProfile } from '../../../../ports.ts';
import { AV_PIX_FMT_YUV420P, Codec, isEmpty, must, open, referTo, setUp } from './av.ts';
import type { CodecSetup, Frame } from './av.ts';
import { encoderOptions } from './encoder-options.ts';
import type { EncoderOptions } from './encoder-options.ts';

/** How much may pile up before the network, in seconds of the rate: a key frame is no larger. */
const bufferSeconds = 0.5;
/** A day of frames: key frames are asked for. */
const longestGroup = 1_000_000;
const rtpRateHz = 90_000n;

/** Takes an access unit: lent, to be read before returning. */
export type TakeUnit = (data: Buffer, keyFrame: boolean) => void;

/** One encoder. Callers wait for a call's end before the next one. */
export class VideoEncoder {
  readonly profile: FeedProfile;
  readonly #setup: CodecSetup;
  readonly #liveBitrate: boolean;
  readonly #timeBase: { readonly num: bigint; readonly den: bigint };
  readonly #packet = new Packet();
  #bitrate: number;
  #toldBitrate: number;
  #lastPts = -1n;
  #busy = false;
  #closed = false;

  private constructor(profile: FeedProfile, bitrate: number, setup: CodecSetup, options: EncoderOptions) {
    this.profile = profile;
    this.#setup = setup;
    this.#liveBitrate = options.liveBitrate;
    const [num, den] = options.timeBase;
    this.#timeBase = { num: BigInt(num), den: BigInt(den) };
    this.#bitrate = this.#toldBitrate = bitrate;
    this.#packet.alloc();
  }

  /** `bitrate`: at first, at most the profile's, for which the level is chosen. */
  static async open(profile: FeedProfile, bitrate = profile.bitrate): Promise<VideoEncoder> {
    const options = encoderOptions(profile);
    const setup = setUp(Codec.findEncoderByName(options.name as FFEncoderCodec), options.name);
    const { context } = setup;
    context.width = profile.width;
    context.height = profile.height;
    context.pixelFormat = AV_PIX_FMT_YUV420P;
    context.timeBase = new Rational(...options.timeBase);
    // A hint for the level and the rate control; frames carry their own times.
    context.framerate = new Rational(Math.round(profile.fps * 1001), 1001);
    context.gopSize = longestGroup;
    context.maxBFrames = 0;
    context.colorRange = AVCOL_RANGE_MPEG;
    // The canvas's matrix. Its primaries are those of cameras and screens today.
    context.colorSpace = AVCOL_SPC_SMPTE170M;
    context.colorPrimaries = AVCOL_PRI_BT709;
    context.colorTrc = AVCOL_TRC_BT709;
    // x264 takes other rates later only if it was opened with a buffer.
    const first = options.liveBitrate ? profile.bitrate : bitrate;
    setRate(setup, first);
    try {
      await open(setup, options.options);
    } catch (error) {
      context.freeContext();
      throw error;
    }
    const encoder = new VideoEncoder(profile, first, setup, options);
    encoder.setBitrate(bitrate);
    return encoder;
  }

  /** As it encodes now. */
  get bitrate(): number {
    return this.#toldBitrate;
  }

  /** False: this encoder can't, it has to be opened anew. Takes effect with the next frame. */
  setBitrate(bitrate: number): boolean {
    this.#bitrate = bitrate;
    return this.#liveBitrate || bitrate === this.#toldBitrate;
  }

  /**
   * `frame`: of the profile's size; only referred to, so it may go meanwhile, but its picture must stay as it is.
   * `timestamp`: 90 kHz, rising and without wrapping. Rejects when the encoder failed: it is to be closed.
   */
  async encode(frame: Frame, timestamp: bigint, keyFrame: boolean, take: TakeUnit): Promise<void> {
    if (this.#isClosed()) return;
    const shot = referTo(frame);
    this.#busy = true;
    try {
      shot.pts = this.#pts(timestamp);
      shot.pictType = keyFrame ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
      if (this.#bitrate !== this.#toldBitrate) {
        // The context is at rest here: no other thread reads what is set.
        setRate(this.#setup, this.#bitrate);
        this.#toldBitrate = this.#bitrate;
      }
      must(await this.#setup.context.sendFrame(shot), 'a picture can not be encoded');
      this.#take(take);
    } finally {
      shot.free();
      this.#busy = false;
      if (this.#isClosed()) this.#free();
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#busy) this.#free();
  }

  /** `sendFrame` encoded already: taking the result is no work, so it needs no trip through the pool. */
  #take(take: TakeUnit): void {
    const packet = this.#packet;
    for (;;) {
      const result = this.#setup.context.receivePacketSync(packet);
      if (isEmpty(result)) return;
      must(result, 'an encoded picture can not be taken');
      const { data } = packet;
      if (data && !this.#closed) take(data, packet.isKeyframe);
      packet.unref();
    }
  }

  /** Encoders refuse a frame that is not later than the one before. */
  #pts(timestamp: bigint): bigint {
    const { num, den } = this.#timeBase;
    const pts = (timestamp * den) / (num * rtpRateHz);
    this.#lastPts = pts > this.#lastPts ? pts : this.#lastPts + 1n;
    return this.#lastPts;
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  #free(): void {
    this.#setup.context.freeContext();
    this.#packet.free();
  }
}

function setRate({ context }: CodecSetup, bitrate: number): void {
  context.bitRate = BigInt(bitrate);
  context.rcMaxRate = BigInt(bitrate);
  context.rcBufferSize = Math.round(bitrate * bufferSeconds);
}

import { messageOf } from '../../../errors.ts';
import type { FeedProfile, Log, RoomVideoCodec } from '../../../ports.ts';
import { timestampDelta } from '../../../rtp/packet.ts';
import type { Packetizer } from '../../../video/packetizer.ts';
import { Canvas } from './canvas.ts';
import { isAsCanvas, referTo } from './codecs/av.ts';
import type { Frame } from './codecs/av.ts';
import { VideoEncoder } from './codecs/encoder.ts';
import { Scaler } from './codecs/scaler.ts';
import { keyFrameMark } from './protocol.ts';

/** What browsers decode without effort; larger ones are made smaller. */
const mostWidth = 1920;
const mostHeight = 1088;
const clockPerMs = 90;
/** A timestamp that moves further, or back, is another stream's. */
const longestStep = 3000 * clockPerMs;
const failurePauseMs = 2000;

export interface BackHost {
  readonly log: Log;
  /** A frame's packets, one after the other; lent. */
  readonly send: (packet: Buffer) => void;
  readonly flush: () => void;
}

/** A camera on its way back in a codec that browsers take, at its own size and with its own timestamps. */
export class PictureBack {
  readonly codec: RoomVideoCodec;
  readonly #host: BackHost;
  readonly #packetizer: Packetizer;
  readonly #scaler = new Scaler();
  #encoder: VideoEncoder | null = null;
  /** For pictures that can't be encoded as they are. */
  #canvas: Canvas | null = null;
  #busy = false;
  #keyFrameWanted = true;
  #restsUntilMs = -Infinity;
  #clock = 0n;
  #sourceTimestamp: number | null = null;
  #sourceAtMs = 0;
  #closed = false;

  constructor(codec: RoomVideoCodec, packetizer: Packetizer, host: BackHost) {
    this.codec = codec;
    this.#packetizer = packetizer;
    this.#host = host;
  }

  requestKeyFrame(): void {
    this.#keyFrameWanted = true;
  }

  /** A picture while the last one is still being encoded is left out: the newest counts. Lent. */
  push(frame: Frame, nowMs: number): void {
    this.#advance(Number(frame.pts), nowMs);
    if (this.#busy || this.#closed || nowMs < this.#restsUntilMs) return;
    const profile = profileFor(this.codec, frame);
    const picture = this.#asEncoded(frame, profile);
    if (!picture) return;
    this.#busy = true;
    void this.#encode(picture, profile, nowMs);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#encoder?.close();
    this.#scaler.close();
    this.#canvas?.close();
  }

  /** A reference of its own, or the canvas's picture scaled. */
  #asEncoded(frame: Frame, { width, height }: FeedProfile): Frame | null {
    if (isAsCanvas(frame) && frame.width === width && frame.height === height) return referTo(frame);
    if (this.#canvas?.planes.width !== width || this.#canvas.planes.height !== height) {
      this.#canvas?.close();
      // Making one may fail: what is freed must not stay.
      this.#canvas = null;
      this.#canvas = new Canvas({ width, height });
    }
    const from = { x: 0, y: 0, width: frame.width & ~1, height: frame.height & ~1 };
    const whole = { x: 0, y: 0, width, height };
    return this.#scaler.scale(frame, from, this.#canvas, whole) ? referTo(this.#canvas.frame) : null;
  }

  /** Never rejects. */
  async #encode(picture: Frame, profile: FeedProfile, nowMs: number): Promise<void> {
    const timestamp = this.#clock;
    try {
      const encoder = await this.#encoderFor(profile);
      const keyFrame = this.#keyFrameWanted;
      this.#keyFrameWanted = false;
      await encoder.encode(picture, timestamp, keyFrame, (data) => {
        this.#packetizer.packetize(data, Number(timestamp & 0xffff_ffffn), this.#mark);
      });
      this.#host.flush();
    } catch (error) {
      this.#host.log.error({ error: messageOf(error) }, 'camera can not be encoded for the room');
      this.#encoder?.close();
      this.#encoder = null;
      this.#restsUntilMs = nowMs + failurePauseMs;
    } finally {
      picture.free();
      this.#busy = false;
    }
    if (this.#closed) this.#encoder?.close();
  }

  async #encoderFor(profile: FeedProfile): Promise<VideoEncoder> {
    const present = this.#encoder;
    if (present?.profile.width === profile.width && present.profile.height === profile.height) return present;
    this.#encoder = null;
    present?.close();
    this.#encoder = await VideoEncoder.open(profile);
    this.#keyFrameWanted = true;
    return this.#encoder;
  }

  /** The source's clock, going on over its jumps. */
  #advance(timestamp: number, nowMs: number): void {
    if (this.#sourceTimestamp === null) this.#clock = BigInt(timestamp);
    else {
      const step = timestampDelta(timestamp, this.#sourceTimestamp);
      const sound = step > 0 && step <= longestStep;
      this.#clock += BigInt(sound ? step : Math.max(1, Math.round((nowMs - this.#sourceAtMs) * clockPerMs)));
    }
    this.#sourceTimestamp = timestamp;
    this.#sourceAtMs = nowMs;
  }

  readonly #mark = (packet: Buffer, keyFrame: boolean): void => {
    packet[1] = (packet[1] & 0x80) | (keyFrame ? keyFrameMark : 0);
    this.#host.send(packet);
  };
}

/** Bits per second for each pixel of the picture, and limits to it. */
const bitsPerPixel = 2.5;
const leastBitrate = 300_000;
const mostBitrate = 2_500_000;

function profileFor(codec: RoomVideoCodec, source: Frame): FeedProfile {
  const shrink = Math.min(1, mostWidth / source.width, mostHeight / source.height);
  const width = Math.max(16, Math.floor((source.width * shrink) / 2) * 2);
  const height = Math.max(16, Math.floor((source.height * shrink) / 2) * 2);
  const bitrate = Math.round(Math.min(mostBitrate, Math.max(leastBitrate, width * height * bitsPerPixel)));
  return {
    codec,
    ...(codec === 'H264' && { h264Profile: 'constrained-baseline', packetizationMode: 1 }),
    width,
    height,
    fps: 30,
    bitrate,
  };
}

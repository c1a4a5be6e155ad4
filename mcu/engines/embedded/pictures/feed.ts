import { messageOf } from '../../../errors.ts';
import type { FeedProfile, Log, ViewerFigures } from '../../../ports.ts';
import type { Packetizer } from '../../../video/packetizer.ts';
import type { Canvas } from './canvas.ts';
import { isDue, timestampOf } from './beat.ts';
import { VideoEncoder } from './codecs/encoder.ts';
import { keyFrameMark } from './protocol.ts';

/** An unmoving picture is sent this often: the stream goes on, and the picture becomes sharp. */
const unmovingMs = 200;
/** An encoder that can only be opened anew for another rate is, when it is so far off. */
const worthReopening = 0.15;
const reopenPauseMs = 2000;
/** An encoder that can't be opened is not tried again with every frame. */
const failurePauseMs = 2000;

export interface FeedHost {
  readonly log: Log;
  /** False: nobody hears yet, and a first key frame would be lost. */
  readonly isOpen: () => boolean;
  /** A frame's packets, one after the other; lent. */
  readonly send: (packet: Buffer) => void;
  /** A frame is out. */
  readonly flush: () => void;
}

/** One encoded stream of a picture, for all who want it in this profile. */
export class Feed {
  readonly profile: FeedProfile;
  readonly #host: FeedHost;
  readonly #packetizer: Packetizer;
  #encoder: VideoEncoder | null = null;
  #openedAtMs = -Infinity;
  #restsUntilMs = -Infinity;
  #bitrate: number;
  #keyFrameWanted = true;
  /** The canvas's state that was encoded last. */
  #drawing = -1;
  #encodedAtMs = -Infinity;
  #timestamp = 0;
  #framesSent = 0;
  #keyFrames = 0;
  #closed = false;

  constructor(profile: FeedProfile, bitrate: number, packetizer: Packetizer, host: FeedHost) {
    this.profile = profile;
    this.#bitrate = bitrate;
    this.#packetizer = packetizer;
    this.#host = host;
  }

  requestKeyFrame(): void {
    this.#keyFrameWanted = true;
  }

  setBitrate(bitrate: number): void {
    this.#bitrate = Math.min(bitrate, this.profile.bitrate);
  }

  /** Whether this beat has a frame of this feed. `drawing`: number of the canvas's present state. */
  wants(beat: number, fps: number, drawing: number, nowMs: number): boolean {
    if (!isDue(beat, Math.min(fps, this.profile.fps))) return false;
    if (nowMs < this.#restsUntilMs || !this.#host.isOpen()) return false;
    return this.#keyFrameWanted || drawing !== this.#drawing || nowMs - this.#encodedAtMs >= unmovingMs;
  }

  /** Never rejects. The canvas is held until it is settled. */
  async encode(canvas: Canvas, beat: number, drawing: number, nowMs: number): Promise<void> {
    this.#drawing = drawing;
    this.#encodedAtMs = nowMs;
    const timestamp = timestampOf(beat);
    try {
      const encoder = await this.#encoderFor(nowMs);
      const keyFrame = this.#keyFrameWanted;
      this.#keyFrameWanted = false;
      this.#timestamp = Number(timestamp & 0xffff_ffffn);
      await encoder.encode(canvas.frame, timestamp, keyFrame, this.#take);
      this.#host.flush();
    } catch (error) {
      this.#host.log.error({ error: messageOf(error) }, 'encoder failed and is opened anew');
      this.#encoder?.close();
      this.#encoder = null;
      this.#keyFrameWanted = true;
      this.#restsUntilMs = nowMs + failurePauseMs;
    }
    if (this.#closed) this.#encoder?.close();
  }

  /** `fps`: what the machine makes at most now. */
  figures(fps: number): ViewerFigures {
    return {
      framesSent: this.#framesSent,
      keyFrames: this.#keyFrames,
      fps: Math.min(fps, this.profile.fps),
      bitrate: this.#bitrate,
    };
  }

  close(): void {
    this.#closed = true;
    this.#encoder?.close();
  }

  async #encoderFor(nowMs: number): Promise<VideoEncoder> {
    const present = this.#encoder;
    if (present && (present.setBitrate(this.#bitrate) || !this.#isWorthReopening(present, nowMs)))
      return present;
    this.#openedAtMs = nowMs;
    const encoder = await VideoEncoder.open(this.profile, this.#bitrate);
    present?.close();
    this.#encoder = encoder;
    this.#keyFrameWanted = true;
    return encoder;
  }

  #isWorthReopening(encoder: VideoEncoder, nowMs: number): boolean {
    const off = Math.abs(this.#bitrate - encoder.bitrate) / encoder.bitrate;
    return off > worthReopening && nowMs - this.#openedAtMs > reopenPauseMs;
  }

  readonly #take = (data: Buffer, keyFrame: boolean): void => {
    this.#framesSent++;
    if (keyFrame) this.#keyFrames++;
    this.#packetizer.packetize(data, this.#timestamp, this.#mark);
  };

  readonly #mark = (packet: Buffer, keyFrame: boolean): void => {
    packet[1] = (packet[1] & 0x80) | (keyFrame ? keyFrameMark : 0);
    this.#host.send(packet);
  };
}

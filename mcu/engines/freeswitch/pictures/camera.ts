import { randomInt } from 'node:crypto';
import type {
  Camera,
  CameraFigures,
  CameraSpec,
  Log,
  PictureSize,
  RoomVideoCodec,
  VideoFormat,
} from '../../../ports.ts';
import { RoomFeed } from '../../../rtp/feed.ts';
import { newRtpView, parseRtp, writeUint32 } from '../../../rtp/packet.ts';
import { KeyFrameSpotter } from '../../../video/key-frame-spotter.ts';
import { parseFeedback } from '../../../video/rtcp-feedback.ts';
import type { FeedbackListener } from '../../../video/rtcp-feedback.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Seat, SeatCamera } from '../seat.ts';
import { videoPayloadTypes } from '../seat-wishes.ts';
import type { CameraWish } from '../seat-wishes.ts';
import { KeptVideo } from './kept-video.ts';
import { KeyFrameWanted } from './key-frame-wanted.ts';

/** Another codec costs another endpoint: whoever changes it without end doesn't get one each time. */
const codecHoldMs = 2000;

export interface CameraHost {
  readonly log: Log;
  readonly closed: () => void;
}

/** A camera or screen on its way to FreeSWITCH, which decodes it for as long as packets come. */
export class FreeSwitchCamera implements Camera, SeatCamera {
  readonly id: string;
  readonly spec: CameraSpec;
  onKeyFrameNeeded: (() => void) | null = null;
  onShown: ((size: PictureSize | null) => void) | null = null;
  onSize: ((size: PictureSize) => void) | null = null;
  /** Never called: see `setPictureBack`. */
  onPublish: ((packet: Buffer) => void) | null = null;
  readonly #seat: Seat;
  readonly #host: CameraHost;
  readonly #view = newRtpView();
  readonly #spotter = new KeyFrameSpotter();
  readonly #feed = new RoomFeed(90_000, () => performance.now(), 'frames');
  readonly #ssrc = randomInt(1, 0x1_0000_0000);
  readonly #kept = new KeptVideo();
  readonly #asks = new KeyFrameWanted(() => this.onKeyFrameNeeded?.());
  #format: VideoFormat;
  #formatMs = -Infinity;
  #shown: PictureSize | null = null;
  #size: PictureSize | null = null;
  #keyTimestamp = -1;
  #frames = 0;
  #keyFrames = 0;
  #malformed = 0;
  #closed = false;

  constructor(spec: CameraSpec, seat: Seat, host: CameraHost) {
    this.id = spec.id;
    this.spec = spec;
    this.#seat = seat;
    this.#host = host;
    this.#format = spec.formats[0];
    seat.sitDown({ camera: this });
  }

  get wish(): CameraWish {
    const { room, identity, kind } = this.spec;
    return { room, identity, kind, format: this.#format };
  }

  /** What nobody sees is not sent at all. */
  write(packet: Buffer): void {
    const view = this.#view;
    if (this.#closed || !parseRtp(packet, view)) return;
    if (view.payloadType !== this.#format.payloadType && !this.#turnTo(view.payloadType)) {
      this.#malformed++;
      return;
    }
    const keyFrame = this.#look(packet);
    if (!this.#shown || view.payloadEnd === view.payloadStart) this.#feed.skip(view);
    else if (this.#carrier) this.#send(packet, this.#carrier);
    else this.#kept.keep(packet, view.timestamp, keyFrame);
  }

  /** FreeSWITCH gives nothing back of a single member's video: the room gets what the device sends, or nothing. */
  setPictureBack(codec: RoomVideoCodec | null): void {
    if (codec === null) return;
    this.#host.log.warn(
      { camera: this.id, from: this.#format.codec, to: codec },
      'FreeSWITCH transcodes no camera for the room: browsers do not see it',
    );
  }

  /** Of a picture that is never given back. */
  requestKeyFrame(): void {
    return;
  }

  /** What passes here; what FreeSWITCH makes of it, it doesn't tell. */
  figures(): Promise<CameraFigures> {
    return Promise.resolve({
      frames: this.#frames,
      keyFrames: this.#keyFrames,
      packetsLost: 0,
      malformed: this.#malformed,
      broken: 0,
      dropped: 0,
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.onKeyFrameNeeded = this.onShown = this.onSize = this.onPublish = null;
    this.#asks.close();
    this.#seat.standUp(this);
    this.#host.closed();
  }

  /** How large it is shown at most; null: nowhere. */
  shownAt(size: PictureSize | null): void {
    const last = this.#shown;
    if (size?.width === last?.width && size?.height === last?.height) return;
    this.#shown = size;
    if (!size) this.#kept.take();
    this.onShown?.(size);
    if (size && !last) this.#asks.want();
  }

  /** Another channel decodes it, from a key frame on: the one that came while it was opened, or the next. */
  onUp(): void {
    if (!this.#shown) return;
    const kept = this.#kept.take();
    for (const packet of kept)
      if (this.#carrier && parseRtp(packet, this.#view)) this.#send(packet, this.#carrier);
    if (kept.length === 0) this.#asks.want();
  }

  /** FreeSWITCH's RTCP. */
  onRtcp(packet: Buffer): void {
    parseFeedback(packet, this.#feedback);
  }

  readonly #feedback: FeedbackListener = {
    onPli: () => this.#asks.want(),
    onFir: () => this.#asks.want(),
    onNack: () => undefined,
    onTmmbr: () => undefined,
    onTmmbn: () => undefined,
  };

  /** The channel that takes what the device sends now. */
  get #carrier(): Endpoint | null {
    const { endpoint } = this.#seat;
    const takes =
      endpoint?.carriesVideo === true && endpoint.wish.video?.sends?.[0]?.codec === this.#format.codec;
    return takes ? endpoint : null;
  }

  /** The packet that was parsed last. */
  #send(packet: Buffer, carrier: Endpoint): void {
    const view = this.#view;
    view.payloadType = videoPayloadTypes[this.#format.codec];
    if (!this.#feed.pass(packet, view)) return;
    writeUint32(packet, 8, this.#ssrc);
    carrier.sendVideo(packet);
  }

  /** A device that turns to another of its formats. */
  #turnTo(payloadType: number): boolean {
    const format = this.spec.formats.find((one) => one.payloadType === payloadType);
    const nowMs = performance.now();
    if (!format || nowMs - this.#formatMs < codecHoldMs) return false;
    this.#format = format;
    this.#formatMs = nowMs;
    this.#kept.take();
    this.#seat.changed();
    return true;
  }

  /** True: a part of a key frame, its first one at least. */
  #look(packet: Buffer): boolean {
    const { marker, timestamp, payloadStart, payloadEnd } = this.#view;
    if (marker) this.#frames++;
    const spotter = this.#spotter;
    if (!spotter.look(this.#format.codec, packet, payloadStart, payloadEnd)) return false;
    this.#asks.came();
    if (timestamp !== this.#keyTimestamp) this.#keyFrames++;
    this.#keyTimestamp = timestamp;
    if (!spotter.size || spotter.size === this.#size) return true;
    this.#size = spotter.size;
    this.onSize?.(spotter.size);
    return true;
  }
}

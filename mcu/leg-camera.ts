import type {
  Camera,
  LegVideoConfig,
  LegVideoStats,
  Log,
  PictureEngine,
  PictureSize,
  VideoCodec,
} from './ports.ts';
import type { Presence } from './presence.ts';
import { CameraInRoom } from './camera-in-room.ts';
import type { RtpView } from './rtp/packet.ts';
import { RoomFeed } from './rtp/feed.ts';
import type { CameraUse } from './rtp/wanted-bitrate.ts';
import type { VideoStream } from './rtp/video-stream.ts';

/** A device whose camera is off sends nothing; one that stumbles is back sooner. */
const offAfterMs = 2000;
/** How old the engine's figures may be. */
const figuresEveryMs = 5000;

/** A caller's presence as its camera needs it. */
export type SeatInRoom = Pick<Presence, 'room' | 'link' | 'identity'>;

export interface LegCameraDeps {
  readonly id: string;
  readonly pictures: PictureEngine;
  readonly stream: Pick<VideoStream, 'receives' | 'requestKeyFrame' | 'setsInBand' | 'lastPacketMs'>;
  readonly now: () => number;
  readonly log: Log;
  /** A host muted or unmuted the camera from the room. */
  readonly onMutedByHost: (muted: boolean) => void;
}

/** A caller's camera in the room: on the pictures of those who watch here, and published for all others. */
export class LegCamera {
  readonly #deps: LegCameraDeps;
  readonly #published: CameraInRoom;
  #feed: RoomFeed;
  #config: LegVideoConfig | null = null;
  #presence: SeatInRoom | null = null;
  #camera: Camera | null = null;
  /** How large it is on our own pictures; null: on none. */
  #shown: PictureSize | null = null;
  /** Video comes, and the room may see it. */
  #on = false;
  #mutedByHost = false;
  #malformed = 0;
  #malformedBefore = 0;
  #figuresMs = -Infinity;

  constructor(deps: LegCameraDeps) {
    this.#deps = deps;
    this.#feed = new RoomFeed(90_000, deps.now, 'frames');
    this.#published = new CameraInRoom({
      ...deps,
      onMuted: (muted) => {
        this.muteByHost(muted);
        deps.onMutedByHost(muted);
      },
    });
  }

  /** How it goes into the room; null: it doesn't. */
  get published(): LegVideoStats['published'] {
    return this.#published.how;
  }

  /** Who sees it, or will when its caller comes into a room. */
  get use(): CameraUse {
    return this.published || !this.#camera ? 'anybody' : this.#shown;
  }

  /** What the engine found to be no video. */
  get malformed(): number {
    return this.#malformedBefore + this.#malformed;
  }

  /** What the peer may send; null: no video. */
  configure(config: LegVideoConfig | null): void {
    const same = formatsOf(config) === formatsOf(this.#config);
    this.#config = config;
    if (same && this.#camera && this.#deps.stream.receives) return;
    this.#closeCamera();
    this.#openCamera();
    this.#refresh();
  }

  enter(presence: SeatInRoom): void {
    this.#presence = presence;
    this.#openCamera();
    this.#refresh();
  }

  leave(): void {
    this.#closeCamera();
    this.#setOn(false);
    this.#presence = null;
    this.#mutedByHost = false;
  }

  /** As a host wants it, until it leaves the room. */
  muteByHost(muted: boolean): void {
    this.#mutedByHost = muted;
    this.#refresh();
  }

  /** A key frame begins to come; before its first packet. */
  keyFrame(codec: VideoCodec, size: PictureSize | null): void {
    if (this.#camera && this.#presence) this.#published.keyFrame(codec, size);
  }

  /** A packet of the device's; owned from here on. `capturedMs`: when it was taken in, wall time. */
  write(packet: Buffer, view: RtpView, codec: VideoCodec, capturedMs: number): void {
    const camera = this.#camera;
    if (!camera || this.#mutedByHost) {
      this.#feed.skip(view);
      return;
    }
    if (!this.#on) this.#refresh();
    if (!this.#feed.pass(packet, view)) return;
    // The link reads it; the engine gets it.
    this.#published.write(packet, codec, capturedMs);
    camera.write(packet);
  }

  /** A packet that neither engine nor room gets. */
  skip(view: RtpView): void {
    this.#feed.skip(view);
  }

  /** To be called a few times a second. */
  tick(): void {
    this.#published.tick();
    this.#refresh();
    const nowMs = this.#deps.now();
    if (!this.#camera || nowMs - this.#figuresMs < figuresEveryMs) return;
    this.#figuresMs = nowMs;
    const camera = this.#camera;
    camera.figures().then(
      ({ malformed }) => {
        if (camera === this.#camera) this.#malformed = malformed;
      },
      () => undefined,
    );
  }

  #openCamera(): void {
    const { id, pictures, stream } = this.#deps;
    const [config, presence] = [this.#config, this.#presence];
    if (!config || !presence || this.#camera || !stream.receives) return;
    const { codec, payloadType, alternatives = [], parameterSets } = config;
    const formats = [{ codec, payloadType }, ...alternatives].filter((format) =>
      pictures.codecs.includes(format.codec),
    );
    const camera = pictures.openCamera({
      id: `${id}-camera`,
      seat: id,
      room: presence.room.name,
      identity: presence.identity,
      kind: 'camera',
      formats,
      repaired: config.feedback.nack,
      ...(parameterSets && { parameterSets }),
    });
    camera.onKeyFrameNeeded = () => stream.requestKeyFrame();
    camera.onShown = (size) => (this.#shown = size);
    this.#camera = camera;
    this.#published.follow(camera, presence.link);
    // Whoever joins is seen by its next key frame.
    stream.requestKeyFrame();
  }

  #closeCamera(): void {
    this.#published.leave();
    this.#camera?.close();
    this.#camera = this.#shown = null;
    this.#malformedBefore += this.#malformed;
    this.#malformed = 0;
  }

  /** Whether video comes now. */
  #refresh(): void {
    const { stream, now } = this.#deps;
    const comes = this.#camera !== null && now() - stream.lastPacketMs < offAfterMs;
    this.#setOn(comes && !this.#mutedByHost);
  }

  #setOn(on: boolean): void {
    if (on === this.#on) return;
    this.#on = on;
    const presence = this.#presence;
    presence?.room.pictures?.setOwnCamera(presence.identity, on);
    this.#published.setMuted(!on);
    if (on) this.#deps.stream.requestKeyFrame();
  }
}

/** Equal for configurations that one camera can serve. */
function formatsOf(config: LegVideoConfig | null): string {
  if (!config) return '';
  const { codec, payloadType, alternatives, parameterSets } = config;
  return JSON.stringify([codec, payloadType, alternatives, parameterSets]);
}

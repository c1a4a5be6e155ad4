import { messageOf } from './errors.ts';
import { LinkError } from './link/errors.ts';
import type {
  Camera,
  LegVideoStats,
  Log,
  PictureSize,
  PublishedVideo,
  PublishingLink,
  RoomVideoCodec,
  VideoCodec,
} from './ports.ts';
import type { VideoStream } from './rtp/video-stream.ts';

type How = NonNullable<LegVideoStats['published']>;

/** A room that could not be asked is not asked again sooner. */
const retryMs = 5000;

export interface CameraInRoomDeps {
  readonly id: string;
  readonly now: () => number;
  readonly stream: Pick<VideoStream, 'requestKeyFrame' | 'setsInBand'>;
  readonly log: Log;
  /** A host muted or unmuted the camera from the room. */
  readonly onMuted: (muted: boolean) => void;
}

/**
 * A caller's camera on its way into the SFU: untouched where browsers take what the device sends, else as the engine
 * gives it back. Published once a key frame has said how large it is.
 */
export class CameraInRoom {
  readonly #deps: CameraInRoomDeps;
  #camera: Camera | null = null;
  #link: PublishingLink | null = null;
  /** What the device sends. */
  #codec: VideoCodec | null = null;
  #size: PictureSize | null = null;
  /** Of the size, what the room knows. */
  #toldSize: PictureSize | null = null;
  #how: How | null = null;
  #track: PublishedVideo | null = null;
  #publishing: AbortController | null = null;
  /** What the room has refused. */
  #refused: RoomVideoCodec[] = [];
  #nextTryMs = -Infinity;
  #muted = true;

  constructor(deps: CameraInRoomDeps) {
    this.#deps = deps;
  }

  /** Null: it isn't in the room. */
  get how(): How | null {
    return this.#track && this.#how;
  }

  /** A camera of a caller who is in the room by `link`. */
  follow(camera: Camera, link: PublishingLink): void {
    this.#camera = camera;
    this.#link = link;
    this.#refused = [];
    this.#nextTryMs = -Infinity;
    camera.onSize = (size) => {
      if (this.#how?.transcoded === true) this.#sized(size);
    };
    camera.onPublish = (packet) => {
      if (this.#how?.transcoded === true) this.#track?.write(packet);
    };
  }

  /** The camera is about to be closed, or its caller leaves; the link takes its tracks along. */
  leave(): void {
    this.#unpublish();
    this.#camera = null;
    this.#link = null;
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.#track?.setMuted(muted);
  }

  /** A key frame begins; `size`: null where the engine has to find out. */
  keyFrame(codec: VideoCodec, size: PictureSize | null): void {
    if (codec !== this.#codec) {
      this.#unpublish();
      this.#codec = codec;
    }
    this.#how ??= this.#choose(codec);
    if (this.#how?.transcoded === false && size) this.#sized(size);
  }

  /** A packet as it came; read before the call returns. */
  write(packet: Buffer, codec: VideoCodec): void {
    if (this.#how?.transcoded === false && codec === this.#codec) this.#track?.write(packet);
  }

  /** Null: the room takes nothing that we could give it. */
  #choose(codec: VideoCodec): How | null {
    const direct = (codec === 'VP8' || (codec === 'H264' && this.#deps.stream.setsInBand)) && codec;
    if (direct && !this.#refused.includes(direct)) return { codec: direct, transcoded: false };
    // Cheaper to make than VP8, and browsers take both.
    const made = (['H264', 'VP8'] as const).find((one) => !this.#refused.includes(one));
    if (made === undefined) return null;
    this.#camera?.setPictureBack(made);
    return { codec: made, transcoded: true };
  }

  #sized(size: PictureSize): void {
    this.#size = size;
    if (!this.#track) void this.#publish(size);
  }

  /** To be called a few times a second: a device may name another size in each packet, and each costs the room a message. */
  tick(): void {
    const [size, told] = [this.#size, this.#toldSize];
    if (!this.#track || !size || (size.width === told?.width && size.height === told.height)) return;
    this.#toldSize = size;
    this.#track.setSize(size);
  }

  /** Never rejects. */
  async #publish(size: PictureSize): Promise<void> {
    const [link, how] = [this.#link, this.#how];
    if (!link || !how || this.#publishing || this.#deps.now() < this.#nextTryMs) return;
    const publishing = new AbortController();
    this.#publishing = publishing;
    const { signal } = publishing;
    try {
      const track = await link.publishVideo(
        {
          ...size,
          codec: how.codec,
          trackName: 'camera',
          onKeyFrameWanted: () => this.#requestKeyFrame(how),
          onMuted: this.#deps.onMuted,
        },
        signal,
      );
      if (signal.aborted) {
        await track.close();
        return;
      }
      this.#track = track;
      track.setMuted(this.#muted);
      this.#toldSize = size;
      this.#requestKeyFrame(how);
    } catch (error) {
      if (signal.aborted) return;
      this.#failed(how, error);
    } finally {
      if (this.#publishing === publishing) this.#publishing = null;
    }
  }

  #failed(how: How, error: unknown): void {
    const facts = { leg: this.#deps.id, codec: how.codec, error: messageOf(error) };
    this.#deps.log.warn(facts, 'camera can not be published');
    if (!(error instanceof LinkError && error.code === 'LINK_NO_CODEC')) {
      this.#nextTryMs = this.#deps.now() + retryMs;
      return;
    }
    this.#refused.push(how.codec);
    this.#how = null;
    this.#camera?.setPictureBack(null);
    // The next key frame tries another codec.
    this.#deps.stream.requestKeyFrame();
  }

  #requestKeyFrame(how: How): void {
    if (how.transcoded) this.#camera?.requestKeyFrame();
    else this.#deps.stream.requestKeyFrame();
  }

  #unpublish(): void {
    this.#publishing?.abort();
    this.#publishing = null;
    this.#track?.close().catch(() => undefined);
    this.#track = null;
    if (this.#how?.transcoded === true) this.#camera?.setPictureBack(null);
    this.#how = null;
    this.#codec = this.#size = this.#toldSize = null;
  }
}

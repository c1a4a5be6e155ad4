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
import { readUint32, timestampDelta } from './rtp/packet.ts';
import { videoClockPerMs } from './rtp/video-receiver.ts';
import type { VideoStream } from './rtp/video-stream.ts';

type How = NonNullable<LegVideoStats['published']>;

/**
 * A room that could not be asked is asked again after a while, and then more and more rarely. A device that changes its
 * codec with each key frame has no more tracks made than that either.
 */
const pausesMs = { first: 2000, most: 60_000 };

/** What the engine gives back is behind what it was given by less. */
const mostBehindMs = 2000;

export interface CameraInRoomDeps {
  readonly id: string;
  readonly now: () => number;
  readonly stream: Pick<VideoStream, 'requestKeyFrame' | 'setsInBand'>;
  readonly log: Log;
  /** A host muted or unmuted the camera from the room. */
  readonly onMuted: (muted: boolean) => void;
}

/** What goes where: a link takes one camera at a time, in one codec. */
interface Place {
  readonly link: PublishingLink;
  readonly codec: RoomVideoCodec;
}

interface Track extends Place {
  readonly published: PublishedVideo;
  /** What the room knows of its size. */
  toldSize: PictureSize;
}

/**
 * A caller's camera on its way into the SFU: untouched where browsers take what the device sends, else as the engine
 * gives it back. Published once it is known how large it is; a device that changes over keeps its track where the room's
 * codec stays the same.
 */
export class CameraInRoom {
  readonly #deps: CameraInRoomDeps;
  #camera: Camera | null = null;
  #link: PublishingLink | null = null;
  /** What the device sends. */
  #codec: VideoCodec | null = null;
  #how: How | null = null;
  /** By the device's key frames, and by what the engine has decoded: it tells a size once, whoever wants to know. */
  #deviceSize: PictureSize | null = null;
  #engineSize: PictureSize | null = null;
  #track: Track | null = null;
  #publishing: (Place & { readonly abort: AbortController }) | null = null;
  #settling = false;
  /** What the room has refused. */
  #refused: RoomVideoCodec[] = [];
  #nextTryMs = -Infinity;
  #pauseMs = pausesMs.first;
  #muted = true;
  /** Of the latest packet that only the engine got: its timestamp, and when it was taken in. */
  #timestamp = 0;
  #timestampMs = 0;

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
    this.#pauseMs = pausesMs.first;
    camera.onSize = (size) => {
      this.#engineSize = size;
      this.#settle();
    };
    camera.onPublish = (packet) => {
      if (this.#how?.transcoded === true) this.#track?.published.write(packet, this.#capturedMs(packet));
    };
  }

  /** The camera is about to be closed, or its caller leaves; the link takes its tracks along. */
  leave(): void {
    this.#goBy(null);
    this.#camera = this.#link = this.#codec = this.#deviceSize = this.#engineSize = null;
    this.#settle();
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.#track?.published.setMuted(muted);
  }

  /** A key frame begins; `size`: null where the engine has to find out. */
  keyFrame(codec: VideoCodec, size: PictureSize | null): void {
    if (codec !== this.#codec || !this.#how) {
      if (codec !== this.#codec) this.#deviceSize = null;
      this.#codec = codec;
      this.#goBy(this.#choose(codec));
    }
    this.#deviceSize = size ?? this.#deviceSize;
    this.#settle();
  }

  /** A packet as it came, taken in at `capturedMs`, wall time; read before the call returns. */
  write(packet: Buffer, codec: VideoCodec, capturedMs: number): void {
    if (this.#how?.transcoded === false) {
      if (codec === this.#codec) this.#track?.published.write(packet, capturedMs);
      return;
    }
    this.#timestamp = readUint32(packet, 4);
    this.#timestampMs = capturedMs;
  }

  /** What the engine gives back bears the timestamps that it was given, unless those jumped. */
  #capturedMs(packet: Buffer): number | undefined {
    const behindMs = timestampDelta(this.#timestamp, readUint32(packet, 4)) / videoClockPerMs;
    return Math.abs(behindMs) < mostBehindMs ? this.#timestampMs - behindMs : undefined;
  }

  /** To be called a few times a second: a device may name another size in each packet, and each costs the room a message. */
  tick(): void {
    this.#settle();
    const [track, size] = [this.#track, this.#size];
    if (!track || !size || (size.width === track.toldSize.width && size.height === track.toldSize.height))
      return;
    track.toldSize = size;
    track.published.setSize(size);
  }

  /** Null: it isn't known yet. */
  get #size(): PictureSize | null {
    return this.#how?.transcoded === true ? this.#engineSize : this.#deviceSize;
  }

  /** Null: the room takes nothing that we could give it. */
  #choose(codec: VideoCodec): How | null {
    const direct = (codec === 'VP8' || (codec === 'H264' && this.#deps.stream.setsInBand)) && codec;
    if (direct && !this.#refused.includes(direct)) return { codec: direct, transcoded: false };
    // Cheaper to make than VP8, and browsers take both.
    const made = (['H264', 'VP8'] as const).find((one) => !this.#refused.includes(one));
    return made === undefined ? null : { codec: made, transcoded: true };
  }

  #goBy(how: How | null): void {
    this.#how = how;
    this.#camera?.setPictureBack(how?.transcoded === true ? how.codec : null);
  }

  #isWanted({ link, codec }: Place): boolean {
    return link === this.#link && codec === this.#how?.codec;
  }

  /** Brings about in the room what is wanted there. */
  #settle(): void {
    if (this.#publishing && !this.#isWanted(this.#publishing)) this.#publishing.abort.abort();
    if (!this.#settling) void this.#settleInTurn();
  }

  /** One step after the other, and whatever was wanted meanwhile last. Never rejects. */
  async #settleInTurn(): Promise<void> {
    this.#settling = true;
    try {
      for (;;) {
        const track = this.#track;
        if (track && !this.#isWanted(track)) {
          this.#track = null;
          await track.published.close().catch(() => undefined);
          continue;
        }
        const [link, how, size] = [this.#link, this.#how, this.#size];
        if (track || !link || !how || !size || this.#deps.now() < this.#nextTryMs) return;
        await this.#publish({ link, codec: how.codec }, size);
      }
    } finally {
      this.#settling = false;
    }
  }

  /** Never rejects. */
  async #publish(place: Place, size: PictureSize): Promise<void> {
    const abort = new AbortController();
    this.#publishing = { ...place, abort };
    try {
      const published = await place.link.publishVideo(
        {
          ...size,
          codec: place.codec,
          trackName: 'camera',
          onKeyFrameWanted: () => this.#requestKeyFrame(),
          onMuted: this.#deps.onMuted,
        },
        abort.signal,
      );
      this.#track = { ...place, published, toldSize: size };
      published.setMuted(this.#muted);
      this.#pauseMs = pausesMs.first;
      this.#nextTryMs = this.#deps.now() + pausesMs.first;
      this.#requestKeyFrame();
    } catch (error) {
      if (!abort.signal.aborted) this.#failed(place, error);
    } finally {
      this.#publishing = null;
    }
  }

  #failed({ codec }: Place, error: unknown): void {
    const facts = { leg: this.#deps.id, codec, error: messageOf(error) };
    if (error instanceof LinkError && error.code === 'LINK_NO_CODEC') {
      this.#deps.log.warn(facts, 'camera is not published in this codec');
      this.#refused.push(codec);
      if (this.#codec) this.#goBy(this.#choose(this.#codec));
      return;
    }
    const pauseMs = this.#pauseMs;
    this.#deps.log.warn({ ...facts, againInMs: pauseMs }, 'camera can not be published');
    this.#nextTryMs = this.#deps.now() + pauseMs;
    this.#pauseMs = Math.min(pausesMs.most, pauseMs * 2);
  }

  #requestKeyFrame(): void {
    if (this.#how?.transcoded === true) this.#camera?.requestKeyFrame();
    else this.#deps.stream.requestKeyFrame();
  }
}

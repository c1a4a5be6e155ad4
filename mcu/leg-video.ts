import type { DtlsIdentity } from './dtls/identity.ts';
import { LegCamera } from './leg-camera.ts';
import type { SeatInRoom } from './leg-camera.ts';
import type { WayCheckpoint } from './leg-contract.ts';
import { LegPicture } from './leg-picture.ts';
import type {
  LegMediaConfig,
  LegVideoConfig,
  LegVideoPorts,
  LegVideoStats,
  Log,
  PictureEngine,
  ViewerLook,
} from './ports.ts';
import type { CaptureClock } from './rtp/capture-clock.ts';
import type { LatchedPeer } from './rtp/latch.ts';
import type { PathCheckpoint, PathFailure } from './rtp/media-path.ts';
import type { PortPair } from './rtp/ports.ts';
import { SecureTransport } from './rtp/secure-transport.ts';
import { VideoStream } from './rtp/video-stream.ts';
import type { SrtpCheckpoint } from './srtp/types.ts';
import { feedProfileFor } from './video/feed-profile.ts';

export interface LegVideoEvents {
  readonly peer: (peer: LatchedPeer) => void;
  readonly path: (checkpoint: PathCheckpoint) => void;
  readonly srtp: (checkpoint: SrtpCheckpoint) => void;
  /** Signalling has to ask the device for a key frame. */
  readonly keyFrameWanted: () => void;
  readonly mutedByHost: (muted: boolean) => void;
  /** The way to the peer carries a smaller picture only, or all of it again. */
  readonly limited: (limited: boolean) => void;
}

export interface LegVideoDeps {
  readonly id: string;
  readonly pictures: PictureEngine;
  readonly identity: DtlsIdentity;
  readonly iceMode: 'full' | 'lite';
  readonly maxPictureHeight: number;
  readonly cname: string;
  readonly clock: CaptureClock;
  readonly now: () => number;
  readonly wallNow: () => number;
  readonly log: Log;
  readonly events: LegVideoEvents;
}

/** A caller's video on this node: its way to the peer, what the caller sees, its camera in the room. */
export class LegVideo {
  readonly ports: LegVideoPorts;
  readonly #deps: LegVideoDeps;
  readonly #way: SecureTransport;
  readonly #stream: VideoStream;
  readonly #picture: LegPicture;
  readonly #camera: LegCamera;
  #configured = false;
  #seat: SeatInRoom | null = null;
  #seesRoom = false;
  #limited = false;
  #failure: { readonly reason: PathFailure; readonly atMs: number } | null = null;

  constructor(pair: PortPair, deps: LegVideoDeps) {
    const { id, pictures, events } = deps;
    this.#deps = deps;
    this.ports = { rtpPort: pair.rtpPort, rtcpPort: pair.rtcpPort };
    this.#way = new SecureTransport(
      pair,
      // That no video comes is no sign of a dead peer: its sound tells.
      { ...deps, silenceMs: Infinity },
      {
        onPeer: events.peer,
        onSilent: () => undefined,
        onHeard: () => undefined,
        onNewKey: () => this.#stream.changeSsrc(),
        onCheckpoint: events.path,
        onSrtp: events.srtp,
        onFailed: (reason, detail) => {
          this.#failure = { reason, atMs: deps.now() };
          deps.log.warn({ leg: id, reason, detail }, 'there will be no video');
        },
      },
    );
    this.#stream = new VideoStream(this.#way.transport, deps, {
      onVideo: (packet, view, codec, capturedMs) => this.#camera.write(packet, view, codec, capturedMs),
      onTakenOut: (view) => this.#camera.skip(view),
      onKeyFrame: (codec, size) => this.#camera.keyFrame(codec, size),
      onKeyFrameRequested: () => this.#picture.requestKeyFrame(),
      onLimit: (bitrate) => this.#limit(bitrate),
      onSignallingNeeded: events.keyFrameWanted,
    });
    this.#picture = new LegPicture(id, pictures, (packet, keyFrame) => this.#stream.send(packet, keyFrame));
    this.#camera = new LegCamera({ ...deps, stream: this.#stream, onMutedByHost: events.mutedByHost });
  }

  /** What offer/answer settled of the whole leg. */
  configure(config: LegMediaConfig): void {
    const { video = null, confirmed } = config;
    if (!video && !this.#configured) return;
    this.#configured = video !== null;
    const profile = video && this.#profileFor(video);
    this.#stream.configure(video, profile);
    if (video) this.#way.connect({ ...video, ...(confirmed !== undefined && { confirmed }) });
    // Nobody pays for a picture that a held call isn't sent.
    this.#picture.configure(this.#stream.sends ? profile : null);
    this.#camera.configure(video);
    this.#tellLimited();
    this.#watch();
  }

  /** What another process had found and agreed; before `configure`. */
  restorePath({ path }: WayCheckpoint): void {
    if (path) this.#way.restorePath(path);
  }

  /** Goes on as another process had come; after `configure`. */
  restore({ peer, srtp }: WayCheckpoint): void {
    if (this.#configured) this.#way.restore(peer, false, srtp);
  }

  enter(seat: SeatInRoom): void {
    this.#seat = seat;
    this.#camera.enter(seat);
    this.#watch();
  }

  leave(): void {
    const seat = this.#seat;
    this.#seat = null;
    this.#camera.leave();
    this.#watch();
    seat?.room.pictures?.setWatching(this.#deps.id, false);
  }

  /** Whether the caller sees the room that it is in; else screens only. */
  setSeesRoom(sees: boolean): void {
    this.#seesRoom = sees;
    this.#watch();
  }

  /** As a host wanted it when another process carried it. */
  muteCamera(): void {
    this.#camera.muteByHost(true);
  }

  look(look: ViewerLook): void {
    this.#picture.look(look);
  }

  /** The peer asks for a key frame, by signalling. */
  requestKeyFrame(): void {
    this.#picture.requestKeyFrame();
  }

  /** To be called a few times a second. */
  tick(): void {
    this.#way.tick();
    this.#camera.tick();
    this.#stream.need(this.#camera.use);
    this.#stream.tick();
  }

  /** Video has come within the last second. */
  get isHeard(): boolean {
    return this.#deps.now() - this.#stream.lastPacketMs < 1000;
  }

  /** Null: no video was agreed. */
  get stats(): LegVideoStats | null {
    const stats = this.#stream.stats(this.#camera.malformed);
    if (!stats.received && !stats.sent) return null;
    return {
      ...stats,
      encryption: this.#way.transport.encryption,
      failed: this.#failed,
      published: this.#camera.published,
    };
  }

  /** Another offer may have found a way since. */
  get #failed(): PathFailure | null {
    const failure = this.#failure;
    return failure && this.#stream.lastPacketMs < failure.atMs ? failure.reason : null;
  }

  /** Idempotent. */
  close(): void {
    this.leave();
    this.#picture.close();
    this.#stream.close();
    this.#way.close();
  }

  /** Null: nothing can be made in the codec, and the caller sees nothing. */
  #profileFor(video: LegVideoConfig) {
    const { pictures, maxPictureHeight, log, id } = this.#deps;
    if (pictures.codecs.includes(video.codec)) return feedProfileFor(video, maxPictureHeight);
    log.warn({ leg: id, codec: video.codec }, 'no pictures can be made in the agreed codec');
    return null;
  }

  #limit(bitrate: number): void {
    this.#picture.limitBitrate(bitrate);
    this.#tellLimited();
  }

  #tellLimited(): void {
    const limited = this.#picture.isReduced;
    if (limited === this.#limited) return;
    this.#limited = limited;
    this.#deps.events.limited(limited);
  }

  #watch(): void {
    const seat = this.#seat;
    const sees = this.#configured && this.#stream.sends && this.#seesRoom && seat !== null;
    this.#picture.watch(sees ? seat.room.name : null, sees ? seat.identity : null);
    seat?.room.pictures?.setWatching(this.#deps.id, sees);
  }
}

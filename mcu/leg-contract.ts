/** What a leg needs of its node, and tells it. */
import type { DtlsIdentity } from './dtls/identity.ts';
import type {
  Engine,
  HearSource,
  LegMediaConfig,
  LegStats,
  LinkFactory,
  Log,
  RoomAccess,
  ViewerLook,
} from './ports.ts';
import type { LinkState } from './presence.ts';
import type { RoomDirectory } from './room.ts';
import type { LatchedPeer } from './rtp/latch.ts';
import type { PathCheckpoint, PathFailure } from './rtp/media-path.ts';
import type { SrtpCheckpoint } from './srtp/types.ts';

export type StreamKind = 'audio' | 'video';

export interface LegEvents {
  readonly digit: (digit: string) => void;
  readonly silent: (ms: number) => void;
  readonly heard: () => void;
  /** Every few seconds, once there is media. */
  readonly stats: (stats: LegStats) => void;
  readonly mutedByHost: (muted: boolean) => void;
  readonly cameraMutedByHost: (muted: boolean) => void;
  readonly link: (state: LinkState) => void;
  readonly peer: (stream: StreamKind, peer: LatchedPeer) => void;
  readonly path: (stream: StreamKind, checkpoint: PathCheckpoint) => void;
  readonly srtp: (stream: StreamKind, checkpoint: SrtpCheckpoint) => void;
  /** Signalling has to ask the device for a key frame. */
  readonly keyFrameWanted: () => void;
  /** The way to the peer carries a smaller picture only, or all of it again. */
  readonly videoLimited: (limited: boolean) => void;
  /** There will be no media. */
  readonly failed: (failure: PathFailure, detail: string) => void;
}

export interface LegDeps {
  readonly engine: Engine;
  readonly links: LinkFactory;
  readonly rooms: RoomDirectory;
  readonly access: (room: string, identity: string) => Promise<RoomAccess>;
  readonly silenceMs: number;
  readonly identity: DtlsIdentity;
  readonly iceMode: 'full' | 'lite';
  /** Of what callers are sent, in pixels. */
  readonly maxPictureHeight: number;
  readonly now: () => number;
  readonly wallNow: () => number;
  readonly log: Log;
  readonly events: LegEvents;
}

export interface LegJoin {
  readonly room: string;
  readonly identity: string;
  readonly publish: 'auto' | 'opus';
}

/** How far a stream's way to the peer has come. */
export interface WayCheckpoint {
  readonly peer: LatchedPeer | null;
  readonly path: PathCheckpoint | null;
  readonly srtp: SrtpCheckpoint | null;
}

/** What another process needs to go on with a leg's streams. */
export interface LegCheckpoint extends WayCheckpoint {
  readonly config: LegMediaConfig | null;
  readonly hear: HearSource;
  readonly muted: boolean;
  /** The engine's room that it talked in. */
  readonly connected: string | null;
  /** A host had muted its camera. */
  readonly cameraMuted: boolean;
  /** Its silence was told. */
  readonly silent: boolean;
  readonly look: ViewerLook;
  /** Null: its video has no ports. */
  readonly video: WayCheckpoint | null;
}

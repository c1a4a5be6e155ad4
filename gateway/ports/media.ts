/** Media nodes as the gateway sees them. */
import type {
  AudioCodec,
  HearSource,
  LayoutName,
  LegLocal,
  LegMediaConfig,
  LegStats,
  LegVideoPorts,
  OwnPicture,
  PictureStatus,
  RoomParticipant,
  Screen,
} from '../../mcu/ports.ts';
import type { PartStatus } from './parts.ts';

export interface MediaLegEvents {
  /** A digit from RFC 4733 events, once per key press. */
  digit: [digit: string];
  /** No RTP and no RTCP for this long; said once per silence. */
  silent: [ms: number];
  /** A silence is over: RTP or RTCP came, or the media was negotiated anew. */
  heard: [];
  /** A host muted or unmuted the caller in the room. */
  mutedByHost: [muted: boolean];
  /** A host muted or unmuted the caller's camera in the room. */
  cameraMutedByHost: [muted: boolean];
  /** The way to the peer carries less video than was agreed on, or all of it again. */
  videoLimited: [limited: boolean];
  link: [state: 'lost' | 'restored' | 'removed' | 'room-deleted' | 'unreachable'];
  /** The camera's key frame is wanted, and the peer agreed on no RTCP that asks for it: signalling has to (RFC 5168). */
  keyFrameWanted: [];
  /** There will be no media: no way to the peer was found, or no keys could be agreed. */
  failed: [reason: 'no-media-path' | 'encryption-failed'];
  /** The media node is gone. */
  lost: [];
}

export interface RoomJoin {
  readonly room: string;
  readonly identity: string;
  readonly publish: 'auto' | 'opus';
}

export interface Joined {
  readonly participantSid: string;
  readonly codec: AudioCodec;
}

export interface MediaLeg {
  readonly id: string;
  /** With `video` once `openVideo` has resolved. */
  readonly local: LegLocal;
  /** What happened before anybody listened is told to the first who does; of a silence, only one that lasts. */
  on<E extends keyof MediaLegEvents>(event: E, listener: (...args: MediaLegEvents[E]) => void): void;
  /** Ports for its video, for the leg's whole life; later calls give the same. Rejects when there are none. */
  openVideo(): Promise<LegVideoPorts>;
  configure(config: LegMediaConfig): Promise<void>;
  /** The peer asks in signalling for a key frame of what it sees. */
  requestKeyFrame(): Promise<void>;
  /** What is seen instead of the room; null: the room is. Kept until the leg has video. */
  show(screen: Screen | null): Promise<void>;
  /** A line over the room's picture; null: none. */
  setBanner(text: string | null): Promise<void>;
  setLayout(layout: LayoutName, own: OwnPicture): Promise<void>;
  /** Plays prompt files (below the prompt folder) over whatever is heard. Aborting the signal stops it. */
  play(
    files: readonly string[],
    options?: { loop?: boolean; signal?: AbortSignal },
  ): Promise<'finished' | 'stopped'>;
  hear(source: HearSource): Promise<void>;
  /** Publishes the caller into the room as a participant of its own. */
  join(join: RoomJoin): Promise<Joined>;
  leave(): Promise<void>;
  /**
   * Talks with whoever else is connected by this name on the same node, with no room of LiveKit's in between; null: no
   * more. Who wants to hear them hears the room.
   */
  connect(name: string | null): Promise<void>;
  /** Sends keys as telephone events (RFC 4733), where the peer takes some; `w`: half a second of waiting. */
  press(keys: string): Promise<void>;
  setMuted(muted: boolean): Promise<void>;
  /** Over the leg's whole life; rejects when nothing is known of it. */
  stats(): Promise<LegStats>;
  close(): Promise<void>;
}

/** A look into a room from a media node, by its hidden link; alive while a caller of that node is in or waits for the room. */
export interface RoomWatch {
  readonly room: string;
  participants(): readonly RoomParticipant[];
  onChange(listener: (participants: readonly RoomParticipant[]) => void): void;
  close(): Promise<void>;
}

export interface MediaNodeStatus extends PartStatus {
  readonly id: string;
  readonly legs: number;
  readonly rooms: number;
  /** How often its process was started again, and how often of these because it hung; `engine` likewise. */
  readonly restarts: number;
  readonly hangs: number;
  readonly engine: {
    readonly kind: string;
    readonly state: string;
    readonly pid: number | null;
    readonly restarts: number;
    readonly hangs: number;
  };
  /** Null: no pictures are made there, or nothing is known yet. */
  readonly pictures: PictureStatus | null;
}

export interface MediaNode {
  readonly id: string;
  openLeg(id: string): Promise<MediaLeg>;
  watchRoom(room: string): Promise<RoomWatch>;
  /** Plays files to all of this node's callers in a room (join and leave tones). */
  playToRoom(room: string, files: readonly string[]): Promise<void>;
  status(): MediaNodeStatus;
  close(): Promise<void>;
}

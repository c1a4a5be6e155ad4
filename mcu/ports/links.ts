/** The connections to the SFU. */
import type { AudioCodec, RoomCodec } from './media.ts';
import type { PictureSize } from './pictures.ts';
import type { RoomVideoCodec } from './video.ts';

/** Somebody in an SFU room, this node's callers included. */
export interface RoomParticipant {
  readonly sid: string;
  readonly identity: string;
  readonly name: string;
  readonly kind: 'standard' | 'sip' | 'agent' | 'other';
  readonly attributes: Readonly<Record<string, string>>;
  /** True for the participants that this node publishes. */
  readonly own: boolean;
}

/** A fresh way into a room. Tokens live for minutes: ask for a new one at every join. */
export interface RoomAccess {
  readonly url: string;
  readonly token: string;
}

export type LinkEnd = 'closed' | 'removed' | 'room-deleted' | 'duplicate-identity' | 'unreachable';

export interface PublishingLinkOptions {
  /** Called at the first join and at every rejoin. */
  readonly access: () => Promise<RoomAccess>;
  /** Codec of the packets that will be written, unless the SFU refuses it (see `PublishingLink.codec`). */
  readonly codec: RoomCodec;
  readonly trackName: string;
  /** A host muted or unmuted the track from the room. */
  readonly onMuted: (muted: boolean) => void;
  /** The link dropped, came back, or is over for good; after `end` nothing more is called. */
  readonly onState: (state: 'lost' | 'restored') => void;
  readonly onEnd: (end: LinkEnd) => void;
}

export interface PublishedVideoOptions extends PictureSize {
  /** Codec of the packets that will be written. */
  readonly codec: RoomVideoCodec;
  readonly trackName: string;
  /** The SFU wants a key frame (PLI or FIR), for somebody who came late or lost packets; on the packet path. */
  readonly onKeyFrameWanted: () => void;
  /** A host muted or unmuted the track from the room. */
  readonly onMuted: (muted: boolean) => void;
}

/** A caller's camera in the room; goes on over the link's resumes and rejoins, one stream whatever sources are written. */
export interface PublishedVideo {
  /** Sends one RTP packet, as `PublishingLink.write`; the buffer is read before the call returns. */
  write(packet: Buffer, capturedMs?: number): void;
  setMuted(muted: boolean): void;
  /** The camera's true size has changed. */
  setSize(size: PictureSize): void;
  /** Takes the track out of the room; the link stays. */
  close(): Promise<void>;
}

/** One caller as a participant of its own; publishes one audio track, and a video track when asked. */
export interface PublishingLink {
  readonly participantSid: string;
  readonly identity: string;
  /** What `write` takes: the asked codec, or `opus` when the SFU, or this kind of link, has no other. */
  readonly codec: RoomCodec;
  /**
   * Sends what is in one RTP packet. Links that pass it on keep its sequence, timestamp, marker and payload, and give
   * it a payload type, an SSRC and the level extension (RFC 6464) of their own; links by LiveKit's client library
   * decode it, and leave numbers and level to the library. The buffer is read before the call returns.
   * `capturedMs`: when it was taken in, in ms since 1970; default: now. Those who receive sound and picture of one caller
   * line them up by it (RFC 3550 §6.4.1).
   */
  write(packet: Buffer, levelDbov: number, capturedMs?: number): void;
  setMuted(muted: boolean): void;
  /**
   * Publishes the caller's camera too; one at a time. Rejects with a LinkError: LINK_NO_CODEC when the room takes no such
   * codec or these links carry no video, LINK_REFUSED when the caller may show none, LINK_LOST while the link is lost.
   */
  publishVideo(options: PublishedVideoOptions, signal?: AbortSignal): Promise<PublishedVideo>;
  /** Leaves the room at once, so that no ghost stays. */
  close(): Promise<void>;
}

export interface RemoteTrack {
  readonly sid: string;
  readonly participantSid: string;
  readonly participantIdentity: string;
  readonly kind: 'audio' | 'video';
  readonly source: 'microphone' | 'camera' | 'screen' | 'other';
  /** Encoding name as the SFU sends it. */
  readonly codec: AudioCodec | RoomVideoCodec | 'other';
  readonly muted: boolean;
}

/** Somebody who speaks now. */
export interface Speaker {
  readonly identity: string;
  /** As RFC 6464: 0 loud … 127 silent. */
  readonly levelDbov: number;
}

export interface SubscribingLinkOptions {
  readonly access: () => Promise<RoomAccess>;
  /**
   * The full list, before `subscribe` resolves and after each change, in the order in which people came as far as the
   * link knows it; hidden participants are never in it.
   */
  readonly onParticipants: (participants: readonly Omit<RoomParticipant, 'own'>[]) => void;
  /** All published tracks, before `subscribe` resolves and after each change. */
  readonly onTracks: (tracks: readonly RemoteTrack[]) => void;
  /**
   * One RTP packet of a subscribed track: whole packet, header extensions removed, RTX unwrapped. Video has payload type 96
   * for VP8 and 102 for H264; a packet of it without payload is a probe, whose number belongs to the sequence.
   */
  readonly onPacket: (trackSid: string, packet: Buffer) => void;
  /** Those who speak, when that has changed; of those only whose tracks are subscribed. */
  readonly onSpeakers?: (speakers: readonly Speaker[]) => void;
  readonly onState: (state: 'lost' | 'restored') => void;
  readonly onEnd: (end: LinkEnd) => void;
}

/** The hidden member of a room and node: sees all, takes only the tracks that it is asked to. */
export interface SubscribingLink {
  setSubscribed(trackSids: readonly string[], subscribed: boolean): void;
  /** How large a video track is shown: the SFU sends the simulcast layer for that. Kept until it is subscribed no more. */
  setShown(trackSid: string, size: PictureSize): void;
  /** Asks a track's sender for a key frame (RFC 4585 §6.3.1). */
  requestKeyFrame(trackSid: string): void;
  close(): Promise<void>;
}

export interface LinkFactory {
  readonly kind: string;
  publish(options: PublishingLinkOptions, signal?: AbortSignal): Promise<PublishingLink>;
  subscribe(options: SubscribingLinkOptions, signal?: AbortSignal): Promise<SubscribingLink>;
}

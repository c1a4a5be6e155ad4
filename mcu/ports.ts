/**
 * The mixing tier's contracts. At every seam media is RTP (decrypted, each stream in its own codec):
 * a leg is RTP, a room participant is RTP, an engine takes RTP members and gives each one RTP back.
 */

/** Codecs by their RTP encoding name (RFC 3551 §4.5, RFC 7587). */
export type AudioCodec = 'PCMU' | 'PCMA' | 'G722' | 'opus';

/** Those that LiveKit takes. */
export type RoomCodec = Exclude<AudioCodec, 'G722'>;

export interface AudioFormat {
  readonly codec: AudioCodec;
  /** RTP payload type, 0–127. */
  readonly payloadType: number;
}

/** What a peer wants of the Opus that it gets (RFC 7587 §6.1). */
export interface OpusWishes {
  /** It uses in-band error correction. */
  readonly inbandFec: boolean;
  /** It prefers no packets while there is silence. */
  readonly dtx: boolean;
  /** The highest rate that it renders. */
  readonly maxRateHz: 8000 | 16000 | 48000;
  /** Bits per second. */
  readonly maxBitrate: number;
}

/** SDP's direction as seen from us (RFC 3264 §5.1): what the gateway does with the stream. */
export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** What offer/answer settled for a leg's audio stream. */
export interface LegMediaConfig {
  readonly codec: AudioCodec;
  /** RTP payload type that we send and expect, 0–127. */
  readonly payloadType: number;
  /** What the peer may send as well, from one packet to the next (RFC 3264 §5.1); default: nothing. */
  readonly alternatives?: readonly AudioFormat[];
  /** telephone-event payload types that the peer may send (RFC 4733), whatever their clock; empty: none. */
  readonly dtmfPayloadTypes: readonly number[];
  /** Comfort noise (RFC 3389) beside the static type 13; default: none. */
  readonly noisePayloadTypes?: readonly number[];
  /** Packet time that we send, in ms: 10, 20 … 60. */
  readonly ptimeMs: number;
  /** For Opus; default: no FEC, no DTX, 48 kHz, any rate. */
  readonly opus?: OpusWishes;
  /** Where the peer said it receives. Symmetric RTP (RFC 4961) may move it at the first valid packet. */
  readonly remote: { readonly address: string; readonly rtpPort: number; readonly rtcpPort: number };
  readonly direction: MediaDirection;
  /** The peer asked for RTCP XR VoIP metrics (RFC 3611 §5.1); default: no. */
  readonly voipMetrics?: boolean;
}

export interface LegStats {
  readonly packetsReceived: number;
  readonly packetsSent: number;
  readonly packetsLost: number;
  /** RFC 3550 §6.4.1 interarrival jitter, in ms. */
  readonly jitterMs: number;
  /** RTT from RTCP, in ms; null until a report was answered. */
  readonly rttMs: number | null;
  /** Packets that were dropped, by cause. */
  readonly dropped: {
    readonly stranger: number;
    readonly malformed: number;
    readonly payloadType: number;
    readonly digitFlood: number;
  };
  readonly codec: AudioCodec | null;
  /** Codec in which the caller is published into the room; null before that. */
  readonly publishedCodec: AudioCodec | null;
  /** Null: nothing was measured (a record of an earlier version). */
  readonly quality: LegQuality | null;
}

/** How a leg sounds, over its whole life, in both directions. Shares are in percent, 0–100. */
export interface LegQuality {
  /** What the peer sent, as we measured it. */
  readonly received: ReceivedQuality;
  /** What we sent, as the peer reports it (RTCP). */
  readonly sent: SentQuality;
}

export interface DirectionQuality {
  /** Lost on the network; null: not known yet. */
  readonly lossPercent: number | null;
  /** RFC 3550 §6.4.1 interarrival jitter, in ms; null: not known yet. */
  readonly jitterMs: number | null;
  /** RFC 3611 §4.7.2, Gmin 16; null: not known. */
  readonly burst: BurstQuality | null;
  /** E-model (ITU-T G.107): rating R, 0–93.2, and mean opinion score, 1–4.5; null before a second of voice. */
  readonly rFactor: number | null;
  readonly mos: number | null;
  /**
   * The worst echo that was found in this direction's sound of what went the other way: how much quieter it was,
   * in dB, and after how long. Null: none.
   */
  readonly echoReturnLossDb: number | null;
  readonly echoDelayMs: number | null;
}

export interface BurstQuality {
  /** Lost within bursts, and outside of them. */
  readonly burstLossPercent: number;
  readonly gapLossPercent: number;
  /** Mean lengths, in ms. */
  readonly burstMs: number;
  readonly gapMs: number;
}

export interface ReceivedQuality extends DirectionQuality {
  /** The highest that the jitter ever was, in ms. */
  readonly jitterMaxMs: number;
  /** Came too late to be played. */
  readonly latePercent: number;
  /** What the jitter buffer holds a packet back, in ms; null: nothing is being played. */
  readonly playoutDelayMs: number | null;
  /** Made up where packets were missing, in ms. */
  readonly concealedMs: number;
  /** Sound on flat tops at full scale, in ms. */
  readonly clippedMs: number;
}

export interface SentQuality extends DirectionQuality {
  /** `rr`: RTCP receiver reports; `xr`: VoIP metrics (RFC 3611 §4.7) too. */
  readonly reportedBy: 'nothing' | 'rr' | 'xr';
  /** The peer's own opinion, from its VoIP metrics. */
  readonly peer: {
    readonly rFactor: number | null;
    readonly mosLq: number | null;
    readonly mosCq: number | null;
    /** How much it holds back, in ms. */
    readonly endSystemMs: number;
    readonly latePercent: number;
  } | null;
}

/** What the caller's own ear gets, prompts aside. */
export type HearSource = 'nothing' | 'room' | 'echo';

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

// ── Engine ────────────────────────────────────────────────────────────────────────────────────────

/**
 * How the engine gives a member's own voice back for the room link: in a codec, or as its level only, for a voice
 * that goes into the room untouched but only the engine decodes.
 */
export type VoiceBack = 'opus' | 'PCMU' | 'PCMA' | 'level' | 'nothing';

export interface MemberSpec {
  readonly id: string;
  /** What the member hears, and says unless a packet's payload type is one of the alternatives. */
  readonly codec: AudioCodec;
  readonly payloadType: number;
  readonly alternatives?: readonly AudioFormat[];
  readonly opus?: OpusWishes;
  /**
   * `leg`: hears prompts and its room's mix without itself. `participant`: is only heard.
   */
  readonly role: 'leg' | 'participant';
}

/** What an engine measured at a member, since it was opened. */
export interface MemberFigures {
  readonly concealedMs: number;
  readonly latePackets: number;
  readonly clippedMs: number;
  /** The present delay of the jitter buffer, in ms; null: nothing is being played. */
  readonly playoutDelayMs: number | null;
  /** What that delay never exceeds on purpose, in ms. */
  readonly playoutLimitMs: number;
  /** What the member was given, found in what came from it. */
  readonly echoOfSent: MemberEcho | null;
  /** What came from the member, found in what it was given. */
  readonly echoOfReceived: MemberEcho | null;
}

export interface MemberEcho {
  readonly lossDb: number;
  readonly delayMs: number;
}

/**
 * One stream into an engine and one out of it. Packets are whole RTP packets; whoever hands a buffer
 * over gives it away. Callbacks are called on the packet path: no allocation, promise or log in them.
 */
export interface Member {
  readonly id: string;
  write(packet: Buffer): void;
  /** The mix (or a prompt) for this member, 20 ms a packet, from the moment the member exists. */
  onPacket: ((packet: Buffer) => void) | null;
  /** The member's own voice, transcoded for the SFU. `levelDbov` as RFC 6464: 0 loud … 127 silent. */
  onPublish: ((packet: Buffer, levelDbov: number) => void) | null;
  /** The level of the member's own voice, when it has changed. */
  onLevel: ((levelDbov: number) => void) | null;
  /** Plays files (paths below the prompt folder) one after the other, over silence or into the mix. A new call replaces the last. */
  play(files: readonly string[], loop: boolean): Promise<'finished' | 'stopped'>;
  stopPlaying(): void;
  /** Puts the member into a room's mix; a member is in one room at most. */
  join(room: string): void;
  leave(): void;
  /** Whether a leg hears its room; false: prompts and music only. */
  setHearsRoom(hears: boolean): void;
  /** How the member's voice comes back; at first not at all. */
  setVoiceBack(how: VoiceBack): void;
  /** Whether a member's voice goes into the mix. */
  setMuted(muted: boolean): void;
  /** The latest that is known, at once even when the engine is down; also after `close`. */
  figures(): Promise<MemberFigures>;
  close(): void;
}

/** A mixing implementation. Its death touches no socket, link or key of the media node. */
export interface Engine {
  readonly kind: 'embedded' | 'freeswitch';
  openMember(spec: MemberSpec): Member;
  /** Plays files to all who hear a room (join and leave tones), over the mix, without stopping anybody's prompt. */
  playToRoom(room: string, files: readonly string[]): void;
  status(): EngineStatus;
  onStatus: ((status: EngineStatus) => void) | null;
  close(): Promise<void>;
}

export interface EngineStatus {
  readonly state: 'starting' | 'up' | 'down';
  readonly pid: number | null;
  readonly restarts: number;
}

// ── Links to the SFU ──────────────────────────────────────────────────────────────────────────────

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

/** One caller as a participant of its own; publishes one audio track. */
export interface PublishingLink {
  readonly participantSid: string;
  readonly identity: string;
  /** What the room takes: the asked codec, or `opus` when the SFU has no G.711. */
  readonly codec: RoomCodec;
  /**
   * Sends one RTP packet. Sequence, timestamp, marker and payload are the packet's; payload type, SSRC and
   * the level extension (RFC 6464) are the link's. The buffer is read before the call returns.
   */
  write(packet: Buffer, levelDbov: number): void;
  setMuted(muted: boolean): void;
  /** Leaves the room at once, so that no ghost stays. */
  close(): Promise<void>;
}

export interface RemoteTrack {
  readonly sid: string;
  readonly participantSid: string;
  readonly participantIdentity: string;
  readonly kind: 'audio' | 'video';
  /** Encoding name as the SFU sends it. */
  readonly codec: AudioCodec | 'other';
  readonly muted: boolean;
}

export interface SubscribingLinkOptions {
  readonly access: () => Promise<RoomAccess>;
  /** The full list, before `subscribe` resolves and after each change; hidden participants are never in it. */
  readonly onParticipants: (participants: readonly Omit<RoomParticipant, 'own'>[]) => void;
  /** All published tracks, before `subscribe` resolves and after each change. */
  readonly onTracks: (tracks: readonly RemoteTrack[]) => void;
  /** One RTP packet of a subscribed track: whole packet, header extensions removed, RTX unwrapped. */
  readonly onPacket: (trackSid: string, packet: Buffer) => void;
  readonly onState: (state: 'lost' | 'restored') => void;
  readonly onEnd: (end: LinkEnd) => void;
}

/** The hidden member of a room and node: sees all, takes only the tracks that it is asked to. */
export interface SubscribingLink {
  setSubscribed(trackSids: readonly string[], subscribed: boolean): void;
  close(): Promise<void>;
}

export interface LinkFactory {
  readonly kind: string;
  publish(options: PublishingLinkOptions, signal?: AbortSignal): Promise<PublishingLink>;
  subscribe(options: SubscribingLinkOptions, signal?: AbortSignal): Promise<SubscribingLink>;
}

/** The part of a pino logger that the mixing tier uses. */
export interface Log {
  debug(facts: object, sentence: string): void;
  info(facts: object, sentence: string): void;
  warn(facts: object, sentence: string): void;
  error(facts: object, sentence: string): void;
  child(facts: Record<string, unknown>): Log;
}

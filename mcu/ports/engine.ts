/** The mixing engine, which takes RTP members and gives each one RTP back. */
import type { AudioCodec, AudioFormat, OpusWishes } from './media.ts';
import type { PictureEngine } from './pictures.ts';
import type { EngineStatus } from './status.ts';

/**
 * How the engine gives a member's own voice back for the room link: in a codec, or as its level only, for a voice
 * that goes into the room untouched but only the engine decodes.
 */
export type VoiceBack = 'opus' | 'PCMU' | 'PCMA' | 'level' | 'nothing';

export interface MemberSpec {
  readonly id: string;
  /**
   * Whose it is: a leg's id; a participant's sid, `<sid>-screen` for a shared screen. What has one seat is one member of
   * a conference, for engines that mix sound and pictures together.
   */
  readonly seat: string;
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
  /** Lost, and recovered by in-band error correction. */
  readonly recoveredMs: number;
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
  /** How much of what the member is given gets lost on its way, in whole percent; unknown at first. */
  expectLoss(percent: number): void;
  /** The latest that is known, at once even when the engine is down; also after `close`. */
  figures(): Promise<MemberFigures>;
  close(): void;
}

/** A mixing implementation. Its death touches no socket, link or key of the media node. */
export interface Engine {
  readonly kind: 'embedded' | 'freeswitch';
  /** Null: this engine mixes sound only. */
  readonly pictures: PictureEngine | null;
  openMember(spec: MemberSpec): Member;
  /** Plays files to all who hear a room (join and leave tones), over the mix, without stopping anybody's prompt. */
  playToRoom(room: string, files: readonly string[]): void;
  status(): EngineStatus;
  onStatus: ((status: EngineStatus) => void) | null;
  close(): Promise<void>;
}

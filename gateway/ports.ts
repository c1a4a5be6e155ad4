/** The contracts between the rooms of the house. Implementations meet only in `gateway.ts`. */
import type {
  AudioCodec,
  AudioFormat,
  CertificateFingerprint,
  HearSource,
  IceCandidate,
  IceCredentials,
  LegIce,
  LegLocal,
  LegMediaConfig,
  LegQuality,
  LegSecurity,
  LegStats,
  RoomAccess,
  RemoteIce,
  RoomParticipant,
  SrtpKeying,
  SrtpMasterKey,
  SrtpProfile,
} from '../mcu/ports.ts';
import type { EndReason } from './reasons.ts';

export type {
  AudioCodec,
  AudioFormat,
  CertificateFingerprint,
  HearSource,
  IceCandidate,
  IceCredentials,
  LegIce,
  LegLocal,
  LegMediaConfig,
  LegQuality,
  LegSecurity,
  LegStats,
  RoomAccess,
  RemoteIce,
  RoomParticipant,
  SrtpKeying,
  SrtpMasterKey,
  SrtpProfile,
};

export interface Clock {
  /** Wall time, ms since the epoch. */
  nowMs(): number;
  /** Never jumps; for durations, ms. */
  monotonicMs(): number;
}

/** The part of a pino logger that the gateway uses. */
export interface Log {
  debug(facts: object, sentence: string): void;
  info(facts: object, sentence: string): void;
  warn(facts: object, sentence: string): void;
  error(facts: object, sentence: string): void;
  child(facts: Record<string, unknown>): Log;
}

// ── Edges and legs ────────────────────────────────────────────────────────────────────────────────

/** One end of a call as the wire names it. */
export interface Party {
  /** `sip:user@host`, without parameters. */
  readonly uri: string;
  readonly user: string;
  readonly host: string;
  readonly displayName: string;
}

/** What an edge knows of a call before anything is decided; the dial plan's input. */
export interface CallFacts {
  readonly protocol: 'sip' | 'h323';
  readonly transport: string;
  readonly source: { readonly address: string; readonly port: number };
  readonly from: Party;
  readonly to: Party;
  /** Name of the trunk whose sources hold the caller's address. */
  readonly trunk: string | null;
  /** The wire's own call identifier (SIP Call-ID). */
  readonly wireCallId: string;
  /** Header fields by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface LegEvents {
  /** The far end or its edge ended the leg; said once, never after `end()`. */
  ended: [reason: EndReason];
  /** A digit that came in signalling (SIP INFO): `0`–`9`, `*`, `#`, `A`–`D`. */
  digit: [digit: string];
}

/** One dialog plus its media. */
export interface Leg {
  readonly id: string;
  readonly facts: CallFacts;
  on<E extends keyof LegEvents>(event: E, listener: (...args: LegEvents[E]) => void): void;
  /** 180, reliably when the peer requires it (RFC 3262). */
  ring(): Promise<void>;
  /** Allocates media, negotiates and answers. Throws `LegError` with the reason when that can't be done; then call `end`. */
  answer(): Promise<MediaLeg>;
  /** Refuses or hangs up, as the state needs; frees the media. Idempotent. */
  end(reason: EndReason): Promise<void>;
  /** Asks the far end for a sign of life in the dialog (OPTIONS); false: it is gone. */
  isAlive(): Promise<boolean>;
}

export interface PartStatus {
  readonly state: 'up' | 'starting' | 'down';
  readonly embedded: boolean;
  readonly version: string | null;
  readonly pid: number | null;
  readonly detail?: string;
}

/** A call that an edge refused before it became a leg. */
export interface RefusedCall {
  readonly id: string;
  /** What could be read of it. */
  readonly facts: CallFacts;
  readonly reason: EndReason;
  /** What the caller was told: status and words. */
  readonly answer: { readonly status: number; readonly text: string };
}

/** A protocol's entrance. */
export interface Edge {
  readonly protocol: 'sip' | 'h323';
  /** Each new call is told once: as a leg, or as refused. */
  start(onLeg: (leg: Leg) => void, onRefused: (call: RefusedCall) => void): Promise<void>;
  status(): PartStatus;
  /** Trunks that are pinged and of which something is known. */
  trunks(): readonly TrunkState[];
  /** Takes no more calls; resolves when the entrance is shut. Live legs are ended by their calls before. */
  close(): Promise<void>;
}

/**
 * Encrypted media. `off`: never; `prefer`: when the peer offers it; `require`: nothing else. A peer that offers
 * encrypted media only is never answered in plain.
 */
export type SrtpPolicy = 'off' | 'prefer' | 'require';

/** A known peer. `srtp` and `tls` say what it must use. */
export interface Trunk {
  readonly name: string;
  /** IP addresses or CIDR blocks. */
  readonly sources: readonly string[];
  readonly srtp: SrtpPolicy;
  readonly tls: boolean;
  /** Domains of which its TLS certificate must bear one; left out: none is asked for. */
  readonly certificate?: readonly string[] | undefined;
  /** Whether it is asked for signs of life; left out: it is not. */
  readonly ping?: { readonly uri: string; readonly everySeconds: number } | undefined;
}

/** Whether a trunk's last ping was answered. */
export interface TrunkState {
  readonly trunk: string;
  readonly up: boolean;
}

export interface TrunkDirectory {
  /**
   * The trunk whose sources hold this address; the most specific block wins.
   * @param names what the caller's verified certificate bears
   */
  findTrunk(address: string, transport: string, names?: readonly string[]): Trunk | null;
}

// ── Media ─────────────────────────────────────────────────────────────────────────────────────────

export interface MediaLegEvents {
  /** A digit from RFC 4733 events, once per key press. */
  digit: [digit: string];
  /** No RTP and no RTCP for this long; said once per silence. */
  silent: [ms: number];
  /** A silence is over: RTP or RTCP came, or the media was negotiated anew. */
  heard: [];
  /** A host muted or unmuted the caller in the room. */
  mutedByHost: [muted: boolean];
  link: [state: 'lost' | 'restored' | 'removed' | 'room-deleted' | 'unreachable'];
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
  readonly local: LegLocal;
  on<E extends keyof MediaLegEvents>(event: E, listener: (...args: MediaLegEvents[E]) => void): void;
  configure(config: LegMediaConfig): Promise<void>;
  /** Plays prompt files (below the prompt folder) over whatever is heard. Aborting the signal stops it. */
  play(
    files: readonly string[],
    options?: { loop?: boolean; signal?: AbortSignal },
  ): Promise<'finished' | 'stopped'>;
  hear(source: HearSource): Promise<void>;
  /** Publishes the caller into the room as a participant of its own. */
  join(join: RoomJoin): Promise<Joined>;
  leave(): Promise<void>;
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

/** Makes a caller's LiveKit identity known to the token issuer before its link asks for access. */
export interface CallerIdentity {
  readonly room: string;
  readonly identity: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

// ── Rooms ─────────────────────────────────────────────────────────────────────────────────────────

/** LiveKit's room service and tokens. */
export interface RoomService {
  /** A token of kind SIP for a registered caller, or of the node's hidden subscriber. Minutes long. */
  access(room: string, who: { identity: string } | 'watcher', nodeId: string): Promise<RoomAccess>;
  register(caller: CallerIdentity): void;
  /** Whether a caller of this gateway has the identity in the room. */
  isTaken(room: string, identity: string): boolean;
  /** Removes what is left of a registered caller; a participant of its identity that is somebody else stays. */
  forget(room: string, identity: string): Promise<void>;
  /** A token for a person in a browser. */
  personAccess(room: string, identity: string, name: string, role: Role): Promise<RoomAccess>;
  status(): PartStatus;
}

export type Role = 'host' | 'guest';

// ── Meetings and records ──────────────────────────────────────────────────────────────────────────

/** What a PIN or a URI names. */
export interface Meeting {
  readonly id: string;
  readonly tenant: string;
  readonly room: string;
  readonly pins: { readonly host: string; readonly guest: string };
  /** Guests hear music until a host is there. */
  readonly waitForHost: boolean;
  readonly language: 'en' | 'de' | null;
  readonly createdAt: string;
}

export type PinLookup =
  { readonly found: true; readonly meeting: Meeting; readonly role: Role } | { readonly found: false };

export interface MeetingStore {
  create(meeting: {
    tenant: string;
    room: string;
    waitForHost: boolean;
    language: 'en' | 'de' | null;
  }): Promise<Meeting>;
  list(tenant: string): Promise<readonly Meeting[]>;
  get(id: string): Promise<Meeting | null>;
  findByRoom(tenant: string, room: string): Promise<Meeting | null>;
  findByPin(tenant: string, pin: string): Promise<PinLookup>;
  remove(id: string): Promise<boolean>;
}

/** Slows and blocks whoever guesses PINs. `source` is the calling number, or an address that is no trunk's. */
export interface GuessGuard {
  /** How long to wait before the next try, ms; `Infinity`: blocked. */
  delayMs(tenant: string, source: string): number;
  missed(tenant: string, source: string): void;
  hit(tenant: string, source: string): void;
}

/** What is kept of a call when it is over. No PIN, digit or secret is ever in it. */
export interface CallRecord {
  readonly id: string;
  readonly tenant: string;
  readonly direction: 'inbound' | 'outbound';
  readonly protocol: string;
  readonly from: string;
  readonly to: string;
  readonly trunk: string | null;
  readonly room: string | null;
  readonly participant: string | null;
  readonly rule: string | null;
  /** How many calls this record stands for: 1, or more where refused ones came too fast to be kept one by one. */
  readonly attempts: number;
  readonly startedAt: string;
  readonly answeredAt: string | null;
  readonly endedAt: string;
  readonly endReason: EndReason;
  /** JSON: the dial plan's trace; of a call refused without one what it was told. */
  readonly trace: unknown;
  readonly media: LegStats | null;
}

export interface Records {
  /** Queues; no step of a call waits for a write. */
  keepCall(record: CallRecord): void;
  listCalls(limit: number): Promise<readonly CallRecord[]>;
  status(): PartStatus;
  close(): Promise<void>;
}

// ── Live calls, as the admin API shows them ───────────────────────────────────────────────────────

export interface CallView {
  readonly id: string;
  readonly state: string;
  readonly direction: 'inbound' | 'outbound';
  readonly protocol: string;
  readonly from: string;
  readonly to: string;
  readonly trunk: string | null;
  readonly room: string | null;
  readonly participant: string | null;
  readonly role: Role | null;
  readonly muted: boolean;
  readonly startedAt: string;
  readonly answeredAt: string | null;
  readonly media: LegStats | null;
  readonly endReason?: EndReason;
  readonly endText?: string;
}

export interface CallRegistry {
  list(): Promise<readonly CallView[]>;
  get(id: string): Promise<CallView | null>;
  /** False: no such live call. */
  hangUp(id: string, reason: EndReason): Promise<boolean>;
  setMuted(id: string, muted: boolean): Promise<boolean>;
}

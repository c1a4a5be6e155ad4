/** Edges: the entrances of protocols, and the legs that come through them. */
import type { EndReason, NoVideoReason } from '../reasons.ts';
import type { MediaLeg } from './media.ts';
import type { PartStatus, ServerStatus } from './parts.ts';
import type { Trunk, TrunkState } from './trunks.ts';

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
  /** Whether the carrier vouches for the calling number; of a trunk's calls only. */
  readonly verstat: 'passed' | 'failed' | 'none';
  /** What the caller's device would rather hear (RFC 5646); null: it does not say. */
  readonly language: string | null;
}

/** Why a call has its voice only though video was asked for. */
export interface NoVideo {
  readonly reason: NoVideoReason;
  /** For people: what exactly is missing, and what to offer instead. */
  readonly text: string;
}

export interface LegEvents {
  /** The far end or its edge ended the leg; said once, never after `end()`. */
  ended: [reason: EndReason];
  /** A digit that came in signalling (SIP INFO): `0`–`9`, `*`, `#`, `A`–`D`. */
  digit: [digit: string];
}

/** Where a dialog is, for whoever has to end it when its gateway can't any more. */
export interface DialogPlace {
  /** Name of the SIP server that has it. */
  readonly server: string;
  /** The server's own name of it. */
  readonly dialog: string;
}

/** `no-dialog`: it is over, or its server doesn't know it; `no-server`: that one is not connected now. */
export type OwnerlessEnd = 'told' | 'no-dialog' | 'no-server';

/** How a call is refused where its reason alone doesn't say it; null: as the reason says. */
export interface Refusal {
  /** SIP status, 400–699. */
  readonly status: number | null;
  readonly text: string | null;
}

/** One dialog plus its media. */
export interface Leg {
  readonly id: string;
  readonly facts: CallFacts;
  /** Null: it has video, or none was ever asked for. Once refused it stays, until video is agreed on. */
  readonly noVideo: NoVideo | null;
  /** Null: not answered yet, or the wire has no such thing. */
  readonly dialog: DialogPlace | null;
  on<E extends keyof LegEvents>(event: E, listener: (...args: LegEvents[E]) => void): void;
  /** Throws `LegError` when it could never be answered; sends nothing. */
  check(): void;
  /** 180, reliably when the peer requires it (RFC 3262). Throws as `check` does. */
  ring(): Promise<void>;
  /**
   * Opens the media and describes it before the answer (183, RFC 3960), so that the caller hears what costs nothing.
   * Null: its device can't, or nothing shows that it is where it says. Throws `LegError`; then call `end`.
   */
  hearEarly(): Promise<MediaLeg | null>;
  /** Allocates media, negotiates and answers. Throws `LegError` with the reason when that can't be done; then call `end`. */
  answer(): Promise<MediaLeg>;
  /**
   * Sends the far end to another address (a SIP or tel URI), by a redirection before the answer and by asking its
   * device after it. False: the device doesn't do that, or reached nobody there. After true only `end` is left.
   */
  transfer(to: string): Promise<boolean>;
  /** Refuses or hangs up; frees the media. Idempotent. */
  end(reason: EndReason, refusal?: Refusal | null): Promise<void>;
  /** Asks the far end for a sign of life in the dialog (OPTIONS); false: it is gone. */
  isAlive(): Promise<boolean>;
}

/** A call that shall go out. */
export interface CallOut {
  /** It has `to`. */
  readonly trunk: Trunk;
  readonly number: string;
  /** Calling number to show; null: the trunk's, else the caller's own. */
  readonly from: string | null;
  /** On whose behalf. */
  readonly caller: CallFacts;
}

export interface OutgoingLegEvents extends LegEvents {
  /** It rings there; said once. */
  ringing: [];
  /** The far end is heard before it answers: a ringing tone, an announcement. Said once. */
  early: [media: MediaLeg];
}

/** A dialog that we began, plus its media. */
export interface OutgoingLeg {
  readonly id: string;
  /** As seen from the far end: `from` is what it was shown. */
  readonly facts: CallFacts;
  /** Null: not answered yet. */
  readonly dialog: DialogPlace | null;
  on<E extends keyof OutgoingLegEvents>(event: E, listener: (...args: OutgoingLegEvents[E]) => void): void;
  /** Calls; resolves when it is answered and its media flows. Throws `LegError` with the reason; then call `end`. */
  call(): Promise<MediaLeg>;
  /** Sends keys, in media or in signalling as the far end takes them; `w`: half a second of waiting. */
  press(keys: string): Promise<void>;
  /** Gives up or hangs up; frees the media. Idempotent. */
  end(reason: EndReason): Promise<void>;
  /** Asks the far end for a sign of life in the dialog; false: it is gone. */
  isAlive(): Promise<boolean>;
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
  /** A call out, not begun yet. Throws `LegError` when none can begin. */
  callOut(call: CallOut): OutgoingLeg;
  status(): PartStatus;
  /** The SIP servers that calls come by. */
  servers(): readonly ServerStatus[];
  /** Hangs up in a dialog whose gateway is gone. */
  endOwnerless(place: DialogPlace, reason: EndReason): Promise<OwnerlessEnd>;
  /** Trunks that are pinged and of which something is known. */
  trunks(): readonly TrunkState[];
  /** Takes no more calls; resolves when the entrance is shut. Live legs are ended by their calls before. */
  close(): Promise<void>;
}

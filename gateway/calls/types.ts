import type { LayoutName, Role } from '../ports.ts';
import type { PromptId } from '../prompts/prompts.ts';
import type { EndReason } from '../reasons.ts';

/** Where in a meeting's room a caller is bound for. */
export interface Destination {
  readonly room: string;
  readonly role: Role;
  readonly waitForHost: boolean;
  /** With so many in the room no guest comes in; null: no limit. */
  readonly maxParticipants: number | null;
  /** How long the caller may stay; null: as long as any call. */
  readonly maxMinutes: number | null;
}

/** A caller who may not come in: is told so, then the call ends. */
export interface TurnedAway {
  readonly words: PromptId;
  readonly reason: EndReason;
}

/** What a call is answered for. */
export type Purpose = 'ask-pin' | 'echo' | Destination | TurnedAway;

/** One visit's state: data only. */
export type CallState =
  | { readonly name: 'answering'; readonly next: Purpose }
  | {
      readonly name: 'asking-pin';
      readonly attemptsLeft: number;
      /** Why it is asked for again. */
      readonly after: 'start' | 'wrong-pin' | 'no-pin';
      readonly typed: string;
    }
  | {
      readonly name: 'checking-pin';
      readonly attemptsLeft: number;
      /** How many were typed. */
      readonly digits: number;
    }
  | { readonly name: 'waiting-for-host'; readonly destination: Destination }
  | {
      readonly name: 'joining';
      readonly destination: Destination;
      /** It takes long enough that the caller was told so, and hears music. */
      readonly slow: boolean;
      /** Keys pressed meanwhile: others may see the caller already, so they count once the caller is in. */
      readonly typed: string;
    }
  | {
      readonly name: 'in-room';
      readonly destination: Destination;
      /** How many others are there; with nobody the caller hears music. */
      readonly others: number;
      /** Null: the room hears the caller. */
      readonly mutedBy: 'caller' | 'host' | null;
      /** By a host. */
      readonly cameraMuted: boolean;
      /** False while the link to the room is being made anew. */
      readonly connected: boolean;
      /** Keys of a command that is not complete yet (`*`, `#`). */
      readonly keys: string;
      readonly layout: LayoutName;
      /** What a caller with video is told for a moment. */
      readonly notice: 'layout' | 'slow-connection' | null;
    }
  | { readonly name: 'echo'; readonly keys: string }
  /** Last words are being played. */
  | { readonly name: 'leaving'; readonly reason: EndReason }
  | { readonly name: 'ended'; readonly reason: EndReason };

/** Who else is in the room, as a caller's state needs it. */
export interface Company {
  readonly others: number;
  readonly hostPresent: boolean;
}

export type TimerName =
  'first-digit' | 'next-digit' | 'keys' | 'slow-join' | 'company' | 'notice' | 'duration' | 'last-words';

export type CallEvent =
  | { readonly type: 'answered' }
  | { readonly type: 'digit'; readonly digit: string }
  | { readonly type: 'timer'; readonly timer: TimerName }
  /** The prompts that were asked for last have been played to their end. */
  | { readonly type: 'played' }
  | { readonly type: 'pin-found'; readonly destination: Destination }
  | { readonly type: 'pin-refused' }
  | { readonly type: 'pin-blocked' }
  | { readonly type: 'joined' }
  | { readonly type: 'company'; readonly company: Company }
  | {
      readonly type: 'link';
      readonly state: 'lost' | 'restored' | 'removed' | 'room-deleted' | 'unreachable';
    }
  /** The API mutes or unmutes the caller. */
  | { readonly type: 'mute'; readonly muted: boolean }
  | { readonly type: 'muted-by-host'; readonly muted: boolean }
  | { readonly type: 'camera-muted-by-host'; readonly muted: boolean }
  /** The way to the caller carries less video than was agreed on, or all of it again. */
  | { readonly type: 'video-limited'; readonly limited: boolean }
  /** Something outside the caller's hands failed or decided; `words` are played first when the leg can still hear. */
  | { readonly type: 'stop'; readonly reason: EndReason; readonly words: PromptId | null };

/** What the caller hears besides the room. */
export type Sound =
  | { readonly kind: 'prompts'; readonly prompts: readonly PromptId[]; readonly thenMusic?: boolean }
  | { readonly kind: 'music' }
  | { readonly kind: 'none' };

export type Effect =
  | { readonly do: 'play'; readonly sound: Sound }
  | { readonly do: 'hear'; readonly source: 'nothing' | 'room' | 'echo' }
  | { readonly do: 'check-pin'; readonly pin: string }
  | { readonly do: 'watch'; readonly room: string }
  | { readonly do: 'join'; readonly destination: Destination }
  | { readonly do: 'mute'; readonly muted: boolean }
  | { readonly do: 'start-timer'; readonly timer: TimerName; readonly seconds: number }
  | { readonly do: 'stop-timer'; readonly timer: TimerName }
  | { readonly do: 'end'; readonly reason: EndReason };

export interface Step {
  readonly state: CallState;
  readonly effects: readonly Effect[];
}

/** What a call lives by, from the configuration and the dial plan. */
export interface CallRules {
  readonly pinTries: number;
  readonly pinSeconds: number;
  readonly digitSeconds: number;
  readonly maxDurationMinutes: number;
  readonly emptyRoomMinutes: number;
  /** In which a room is seen at first. */
  readonly layout: LayoutName;
}

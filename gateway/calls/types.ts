import type { Language, RouteAction, RoomView } from '../../dialplans/types.ts';
import type { IvrStep, LayoutName, Refusal, Role } from '../ports.ts';
import type { PromptId, Spoken } from '../prompts/prompts.ts';
import type { EndReason } from '../reasons.ts';

/** One kind of what a dial plan can say. */
export type Action<K extends RouteAction['kind']> = Extract<RouteAction, { readonly kind: K }>;

/** Where in a plan's tree of actions a caller is. */
export interface Place {
  /** Until then the caller's device rings, and nothing can be said. */
  readonly isAnswered: boolean;
  /** The menus above, the nearest last. */
  readonly menus: readonly Action<'menu'>[];
}

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

/** A caller whose other side has answered already. */
export interface Connected {
  readonly kind: 'connected';
  readonly action: Action<'bridge'>;
}

/** What a call is answered for. */
export type Purpose =
  Action<'ask-pin' | 'echo' | 'menu' | 'play' | 'reject'> | Destination | TurnedAway | Connected;

/** What a caller is asked to type. */
export interface Question {
  readonly what: 'pin' | 'meeting';
  readonly action: Action<'ask-pin'>;
  readonly place: Place;
}

/** Something outside is asked; keys that are pressed meanwhile count afterwards. */
interface Waiting {
  readonly place: Place;
  readonly ahead: string;
}

/** One visit's state: data only. */
export type CallState =
  | { readonly name: 'arriving' }
  | { readonly name: 'answering'; readonly next: Purpose; readonly place: Place }
  | ({ readonly name: 'asking-policy'; readonly action: Action<'policy'> } & Waiting)
  | ({ readonly name: 'finding-room'; readonly action: Action<'join'> } & Waiting)
  /** The plan is asked anew. */
  | ({ readonly name: 'routing' } & Waiting)
  | ({ readonly name: 'transferring' } & Waiting)
  /** A call goes out; the two talk when it is answered. */
  | ({ readonly name: 'bridging'; readonly action: Action<'bridge'> } & Waiting)
  /** Both sides hear each other. */
  | { readonly name: 'talking'; readonly action: Action<'bridge'> }
  /** Something is said, then something is done. */
  | ({ readonly name: 'listening'; readonly then: RouteAction } & Waiting)
  | {
      readonly name: 'in-menu';
      readonly menu: Action<'menu'>;
      readonly place: Place;
      readonly triesLeft: number;
      /** Why it is said again. */
      readonly after: 'start' | 'wrong-key' | 'no-key';
    }
  | {
      readonly name: 'choosing-language';
      readonly action: Action<'ask-pin'>;
      readonly place: Place;
      readonly triesLeft: number;
    }
  | {
      readonly name: 'asking-pin';
      readonly question: Question;
      readonly attemptsLeft: number;
      /** Why it is asked for again. */
      readonly after: 'start' | 'wrong-pin' | 'no-pin';
      readonly typed: string;
    }
  | {
      readonly name: 'checking-pin';
      readonly question: Question;
      /** Of a meeting's number: the PIN's first digits may come before it is found. */
      readonly ahead: string;
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
  | { readonly name: 'leaving'; readonly reason: EndReason; readonly refusal: Refusal | null }
  | { readonly name: 'ended'; readonly reason: EndReason };

/** Who else is in the room, as a caller's state needs it. */
export interface Company {
  readonly others: number;
  readonly hostPresent: boolean;
}

export type TimerName =
  | 'first-digit'
  | 'next-digit'
  | 'keys'
  | 'slow-join'
  | 'company'
  | 'notice'
  | 'duration'
  | 'last-words'
  | 'no-answer';

export type CallEvent =
  /** What the dial plan says of it. */
  | { readonly type: 'arrived'; readonly action: RouteAction }
  | { readonly type: 'answered' }
  | { readonly type: 'digit'; readonly digit: string }
  | { readonly type: 'timer'; readonly timer: TimerName }
  /** The prompts that were asked for last have been played to their end. */
  | { readonly type: 'played' }
  /** What the plan says when it is asked anew. */
  | { readonly type: 'routed'; readonly action: RouteAction }
  /** Null: there was no usable answer in time. */
  | { readonly type: 'policy-said'; readonly action: RouteAction | null; readonly note: string }
  | { readonly type: 'room-found'; readonly purpose: Destination | TurnedAway | Action<'ask-pin'> }
  | { readonly type: 'transfer-over'; readonly done: boolean }
  | { readonly type: 'bridge-failed'; readonly reason: EndReason }
  | { readonly type: 'bridge-ringing' }
  /** The other side is heard before it answers: a ringing tone, an announcement. */
  | { readonly type: 'bridge-early' }
  /** The caller's device plays what comes before its answer. */
  | { readonly type: 'hears-early' }
  | { readonly type: 'bridge-answered' }
  /** The other side, which had answered, is gone. */
  | { readonly type: 'bridge-over'; readonly reason: EndReason }
  /** The number is a meeting's; null: its PIN is wanted. */
  | { readonly type: 'meeting-found'; readonly purpose: Destination | TurnedAway | null }
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
  | { readonly kind: 'prompts'; readonly prompts: readonly Spoken[]; readonly thenMusic?: boolean }
  | { readonly kind: 'music' }
  | { readonly kind: 'none' };

export type Effect =
  | { readonly do: 'play'; readonly sound: Sound }
  | { readonly do: 'hear'; readonly source: 'nothing' | 'room' | 'echo' }
  /** Of the caller's device; also part of `answer`. */
  | { readonly do: 'ring' }
  /** What comes before the answer, if its device can. */
  | { readonly do: 'hear-early' }
  | { readonly do: 'answer' }
  | { readonly do: 'ask-policy'; readonly action: Action<'policy'> }
  | { readonly do: 'find-room'; readonly action: Action<'join'> }
  | { readonly do: 'route-again'; readonly called: string }
  | { readonly do: 'transfer'; readonly to: string }
  | { readonly do: 'bridge'; readonly action: Action<'bridge'> }
  /** The caller talks with the other side, or no more. */
  | { readonly do: 'connect'; readonly connected: boolean }
  /** A key for the other side. */
  | { readonly do: 'press'; readonly key: string }
  /** The other side is not wanted any more. */
  | { readonly do: 'hang-up'; readonly reason: EndReason }
  | { readonly do: 'check-meeting'; readonly number: string }
  | { readonly do: 'check-pin'; readonly pin: string }
  /** The caller has chosen. */
  | { readonly do: 'speak'; readonly language: Language }
  /** How the room will be seen. */
  | { readonly do: 'see'; readonly view: RoomView }
  /** For the record. */
  | { readonly do: 'note'; readonly step: Omit<IvrStep, 'at'> }
  | { readonly do: 'watch'; readonly room: string }
  | { readonly do: 'join'; readonly destination: Destination }
  | { readonly do: 'mute'; readonly muted: boolean }
  | { readonly do: 'start-timer'; readonly timer: TimerName; readonly seconds: number }
  | { readonly do: 'stop-timer'; readonly timer: TimerName }
  | { readonly do: 'end'; readonly reason: EndReason; readonly refusal: Refusal | null };

/** Effects whose outcome is an event, told by somebody else. */
export type Enquiry = Extract<
  Effect,
  {
    readonly do: 'ask-policy' | 'find-room' | 'route-again' | 'transfer' | 'check-meeting' | 'check-pin';
  }
>;

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

/** What a dial plan decides, and on what. Plans are pure: nothing here waits, reads or writes. */

export const languages = ['en', 'de'] as const;
/** What prompts are spoken in. */
export type Language = (typeof languages)[number];

/** Whether the carrier vouches for the calling number (RFC 8224, ATIS-1000074 `verstat`). */
export const verstats = ['passed', 'failed', 'none'] as const;
export type Verstat = (typeof verstats)[number];

/** An address: its user part (a number or a name) and the whole URI `sip:user@host`. */
export interface Address {
  readonly user: string;
  readonly uri: string;
}

/** What a rule can look at. */
export interface CallInput {
  readonly protocol: 'sip' | 'h323';
  readonly transport: string;
  readonly trunk: string | null;
  readonly called: Address;
  readonly calling: Address;
  /** IP address that the call's signalling comes from; null: not known. */
  readonly source: string | null;
  /** The caller's device is registered here. */
  readonly registered: boolean;
  readonly verstat: Verstat;
  /** Header fields by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** The language the caller's device prefers (RFC 5646, of Accept-Language); null: it says none. */
  readonly language: string | null;
  /** When the call came: milliseconds since 1970. */
  readonly at: number;
}

export const layouts = ['auto', 'grid', 'speaker', 'lecture', 'one-on-one', 'presentation'] as const;
export const ownPictures = ['auto', 'left-out', 'small', 'shown'] as const;

/** How a caller with video sees the room; null: as the configuration says. */
export interface RoomView {
  /** Who is where. */
  readonly layout: (typeof layouts)[number] | null;
  /** Whether callers see themselves. */
  readonly ownPicture: (typeof ownPictures)[number] | null;
}

/** A name that stands for a text outside the plan: read when it is needed, never shown. */
export type SecretSource =
  { readonly name: string; readonly env: string } | { readonly name: string; readonly file: string };

/** A header's value in parts: texts as they are, and secrets to be read when it is sent. */
export type HeaderValue = readonly (string | { readonly secret: SecretSource })[];

export const menuKeys = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#'] as const;
export type MenuKey = (typeof menuKeys)[number];

/** What a key of a menu does: `back` to the menu above, the menu `again`, or an action. */
export type MenuChoice = { readonly kind: 'back' } | { readonly kind: 'again' } | RouteAction;

/** What a caller gets. A finite tree whose texts are all filled in; null: as the configuration says. */
export type RouteAction =
  | {
      readonly kind: 'ask-pin';
      readonly prompts: {
        readonly welcome: string | null;
        readonly ask: string | null;
        readonly wrong: string | null;
      };
      /** To choose from by a key, in this order; none or one: nothing is asked. */
      readonly languages: readonly Language[];
      readonly tries: number | null;
      /** How long a first digit is waited for. */
      readonly seconds: number | null;
      readonly collect: 'pin' | 'meeting-and-pin';
      readonly view: RoomView;
    }
  | {
      readonly kind: 'join';
      readonly room: string;
      readonly role: 'host' | 'guest';
      /** Null: as the room's meeting says. */
      readonly waitForHost: boolean | null;
      /** A room is opened only when a meeting has it, or its number. */
      readonly meetingsOnly: boolean;
      readonly view: RoomView;
    }
  | {
      readonly kind: 'menu';
      readonly prompt: string;
      readonly tries: number;
      readonly seconds: number;
      readonly options: Readonly<Partial<Record<MenuKey, MenuChoice>>>;
      /** When no key of it comes, however often it is asked; null: goodbye. */
      readonly timeout: RouteAction | null;
    }
  | {
      readonly kind: 'bridge';
      readonly trunk: string;
      readonly number: string;
      /** Calling number to show; null: the trunk's, else the caller's own. */
      readonly from: string | null;
      /** Keys to press once it is answered; `w` is half a second of waiting. */
      readonly dtmf: string | null;
      /** How long it may ring. */
      readonly seconds: number;
      /** When it is not answered; null: its failure is the caller's. */
      readonly otherwise: RouteAction | null;
    }
  | {
      readonly kind: 'reject';
      /** `no-route`: nothing matched. `rejected`: a rule says so. */
      readonly why: 'no-route' | 'rejected';
      /** SIP status, 400–699; null: the one of the reason. */
      readonly code: number | null;
      /** Words for the caller's device, in its Warning. */
      readonly text: string | null;
      /** Said to the caller before the call ends. */
      readonly prompt: string | null;
    }
  | {
      readonly kind: 'policy';
      /** Asked by POST with the call's facts as JSON; its answer is an action (`readPolicyAnswer`). */
      readonly url: string;
      readonly timeoutMs: number;
      readonly headers: Readonly<Record<string, HeaderValue>>;
      readonly fallback: RouteAction;
    }
  | {
      readonly kind: 'transfer';
      /** A SIP or tel URI. */
      readonly to: string;
    }
  | {
      readonly kind: 'go-to';
      /** The plan is asked anew with this called number (`resolveAgain`). */
      readonly called: string;
    }
  | { readonly kind: 'echo' }
  | { readonly kind: 'play'; readonly prompt: string; readonly then: RouteAction };

/** The decision. */
export interface Route {
  readonly tenant: string;
  /** Name of the rule that decided; null: no rule matched. */
  readonly rule: string | null;
  readonly language: Language | null;
  /** As the rules have rewritten them. */
  readonly called: Address;
  readonly calling: Address;
  /** Folder of the tenant's own prompts, below `tenants/` of the prompt folder; null: those that ship. */
  readonly brand: string | null;
  /** Never a `go-to` by itself: the plan has followed it. Within a menu and the like it may be one. */
  readonly action: RouteAction;
}

/** A condition that was looked at. */
export interface TraceCondition {
  readonly field: string;
  /** As the plan says it: `begins with +49`. */
  readonly wanted: string;
  /** What the call has. */
  readonly found: string;
  readonly held: boolean;
}

export interface TraceStep {
  readonly rule: string;
  readonly matched: boolean;
  /** The first condition that missed, in words; null when all held. */
  readonly missed: string | null;
  /** Of a dry run: all conditions that were looked at. */
  readonly conditions?: readonly TraceCondition[];
  /** The numbers after a rule that rewrites them, or a `go-to`. */
  readonly transformed?: { readonly called: string; readonly calling: string };
  /** Of a rule that holds: its variables, when it has any. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** Why a call went where it went: the rules that were looked at, in order. */
export interface Trace {
  readonly plan: string;
  readonly version: string;
  readonly steps: readonly TraceStep[];
  /** Rules that missed and are not among `steps`: for other numbers, or too many to be kept. */
  readonly skipped: number;
  /** Of the rule that decided. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface Resolution {
  readonly route: Route;
  readonly trace: Trace;
  /** How often the plan was asked anew (`go-to`). */
  readonly hops: number;
}

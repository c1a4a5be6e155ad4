/** What a dial plan decides, and on what. Plans are pure: nothing here waits, reads or writes. */

/** What a rule can look at. */
export interface CallInput {
  readonly protocol: 'sip' | 'h323';
  readonly transport: string;
  readonly trunk: string | null;
  /** Called address: user part (a number or a name) and whole URI `sip:user@host`. */
  readonly called: { readonly user: string; readonly uri: string };
  readonly calling: { readonly user: string; readonly uri: string };
}

interface RouteCommon {
  readonly tenant: string;
  /** Name of the rule that decided; null: no rule matched. */
  readonly rule: string | null;
  readonly language: 'en' | 'de' | null;
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

/** A rule's decision. */
export type Route =
  | (RouteCommon & RoomView & { readonly action: 'ask-pin' })
  | (RouteCommon & RoomView & { readonly action: 'join'; readonly room: string })
  | (RouteCommon & { readonly action: 'echo' })
  | (RouteCommon & {
      readonly action: 'reject';
      /** `no-route`: nothing matched. `rejected`: a rule says so. */
      readonly why: 'no-route' | 'rejected';
      /** Words for the caller's device, in its Warning. */
      readonly text: string | null;
    });

export interface TraceStep {
  readonly rule: string;
  readonly matched: boolean;
  /** The first condition that missed, in words; null when all held. */
  readonly missed: string | null;
}

/** Why a call went where it went: every rule that was looked at, in order. */
export interface Trace {
  readonly plan: string;
  readonly version: string;
  readonly steps: readonly TraceStep[];
  readonly variables: Readonly<Record<string, string>>;
}

export interface Resolution {
  readonly route: Route;
  readonly trace: Trace;
}

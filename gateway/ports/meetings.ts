/** Meetings and their PINs. */

export type Role = 'host' | 'guest';

/** When a meeting takes place. */
export interface Schedule {
  /** Date and time in `zone`: `2026-11-30T10:00`. */
  readonly startsAt: string;
  readonly endsAt: string;
  /** IANA name: `Europe/Berlin`. */
  readonly zone: string;
  /** RFC 5545 §3.3.10: `FREQ=WEEKLY;BYDAY=MO`; null: once. */
  readonly recurrence: string | null;
}

/** What may be set of a meeting. */
export interface MeetingDetails {
  /** For invitations and lists; empty: the room's name. */
  readonly title: string;
  readonly room: string;
  /** Guests hear music until a host is there. */
  readonly waitForHost: boolean;
  /** No guest comes in; who is in stays. */
  readonly locked: boolean;
  /** Null: at any time. */
  readonly schedule: Schedule | null;
  /** With so many in the room no guest comes in; null: no limit. */
  readonly maxParticipants: number | null;
  /** How long each caller may stay; null: as long as any call. */
  readonly maxMinutes: number | null;
  /** Of prompts and invitations; null: the configured one. */
  readonly language: 'en' | 'de' | null;
  /** Folder of its prompts below `tenants/` of the prompt folder; null: the tenant's own. */
  readonly brand: string | null;
}

/** What a PIN or a URI names. */
export interface Meeting extends MeetingDetails {
  readonly id: string;
  readonly tenant: string;
  /** Number that names it, unique per tenant; digits only. */
  readonly number: string;
  /** Without a guest PIN guests come in by the meeting's number alone. */
  readonly pins: { readonly host: string; readonly guest: string | null };
  readonly createdAt: string;
  readonly changedAt: string;
  /** Counts changes, from 1. */
  readonly version: number;
}

/** PINs and number as wished; those left out are made. `guest: null`: no guest PIN. */
export interface MeetingKeys {
  readonly number?: string | undefined;
  readonly pins?:
    { readonly host?: string | undefined; readonly guest?: string | null | undefined } | undefined;
}

export type NewMeeting = Pick<Meeting, 'tenant' | 'room'> & Partial<MeetingDetails> & MeetingKeys;

/** What is to be different. */
export type MeetingChange = Partial<MeetingDetails> &
  MeetingKeys & {
    /** Whose PINs are made anew; the old ones stop working. */
    readonly renew?: readonly Role[] | undefined;
  };

/** One of many to be made (`id: null`) or changed at once. */
export type MeetingSaving = Partial<MeetingDetails> & MeetingKeys & { readonly id: string | null };

/** What of a saving is wrong, by its place in the list. */
export interface SavingFault {
  readonly index: number;
  /** `room`, `schedule/zone` */
  readonly field: string;
  readonly message: string;
  readonly remedy: string;
}

/** Faults: nothing was done. */
export type Saved =
  | { readonly created: number; readonly changed: number; readonly faults: readonly [] }
  | { readonly created: 0; readonly changed: 0; readonly faults: readonly SavingFault[] };

export type PinLookup =
  { readonly found: true; readonly meeting: Meeting; readonly role: Role } | { readonly found: false };

export interface MeetingQuery {
  readonly tenant: string;
  /** In title, room or number, whatever the case of letters. */
  readonly search?: string | undefined;
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string | undefined;
}

export interface MeetingPage {
  readonly meetings: readonly Meeting[];
  /** Where the next page begins; null: this is the last. */
  readonly next: string | null;
}

export interface MeetingStore {
  create(meeting: NewMeeting): Promise<Meeting>;
  /** Newest first. */
  list(query: MeetingQuery): Promise<MeetingPage>;
  get(id: string): Promise<Meeting | null>;
  /** The newest one, when several name the room. */
  findByRoom(tenant: string, room: string): Promise<Meeting | null>;
  findByNumber(tenant: string, number: string): Promise<Meeting | null>;
  findByPin(tenant: string, pin: string): Promise<PinLookup>;
  /**
   * @param version the one that was seen; null: whatever it is now
   * @returns null: there is none
   */
  change(id: string, version: number | null, change: MeetingChange): Promise<Meeting | null>;
  /**
   * All or nothing.
   * @param dryRun only looks whether it would go
   */
  saveAll(tenant: string, savings: readonly MeetingSaving[], dryRun: boolean): Promise<Saved>;
  /** False: there is none. */
  remove(id: string, version?: number | null): Promise<boolean>;
}

/** Slows and blocks whoever guesses PINs. `source` is the calling number, or an address that is no trunk's. */
export interface GuessGuard {
  /** How long to wait before the next try, ms; `Infinity`: blocked. */
  delayMs(tenant: string, source: string): number;
  missed(tenant: string, source: string): void;
  hit(tenant: string, source: string): void;
  /** Who is slowed or blocked now, the latest first. */
  list(): readonly GuessView[];
  /** Forgets the misses of one of them; false: there is none of this id. */
  lift(id: string): boolean;
}

/** Somebody who typed wrong PINs. */
export interface GuessView {
  /** Of this run of the gateway; it tells nothing of the source. */
  readonly id: string;
  readonly tenant: string;
  readonly kind: 'number' | 'address';
  /** A number by its last digits only. */
  readonly source: string;
  readonly misses: number;
  readonly state: 'slowed' | 'blocked';
  readonly lastAt: string;
  /** When it may try again. */
  readonly until: string;
}

/** Meetings and their PINs. */

export type Role = 'host' | 'guest';

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

import type { Kysely } from 'kysely';

/** Tables as both databases have them. Times are ISO 8601 texts in UTC, switches 0 or 1. */
export interface Tables {
  calls: CallRow;
  meetings: MeetingRow;
  meeting_pins: MeetingPinRow;
  pin_keys: PinKeyRow;
  gateways: GatewayRow;
  live_calls: LiveCallRow;
  drained_mixers: DrainedMixerRow;
}

export interface CallRow {
  id: string;
  tenant: string;
  direction: string;
  protocol: string;
  caller: string;
  called: string;
  /** As the dial plan has rewritten them; null in rows of earlier versions. */
  routed_caller: string | null;
  routed_called: string | null;
  trunk: string | null;
  room: string | null;
  participant: string | null;
  rule: string | null;
  attempts: number;
  started_at: string;
  answered_at: string | null;
  ended_at: string;
  end_reason: string;
  /** JSON. */
  trace: string;
  /** JSON; null: none. */
  steps: string | null;
  /** JSON. */
  no_video: string | null;
  /** JSON. */
  media: string | null;
}

export interface MeetingRow {
  id: string;
  tenant: string;
  room: string;
  wait_for_host: number;
  language: string | null;
  created_at: string;
  title: string;
  number: string;
  locked: number;
  /** Date and time in the zone: `2026-11-30T10:00`; null: at any time. */
  starts_at: string | null;
  ends_at: string | null;
  zone: string | null;
  recurrence: string | null;
  max_participants: number | null;
  max_minutes: number | null;
  brand: string | null;
  changed_at: string;
  version: number;
  /** Title, room and number in small letters, to search in. */
  search: string;
}

export interface MeetingPinRow {
  /** HMAC-SHA-256 over tenant and PIN, base64url; so it is unique per tenant, whatever the role. */
  digest: string;
  meeting_id: string;
  role: string;
  key_id: string;
  /** The PIN for display, AES-256-GCM. */
  sealed: string;
}

/** Keys that PINs here were made with; the keys themselves are outside the database. */
export interface PinKeyRow {
  id: string;
  created_at: string;
}

/** A gateway's lease: who has this name, and when it was last heard of. */
export interface GatewayRow {
  name: string;
  /** Of this run. */
  instance: string;
  /** See `processMark`. */
  process: string;
  host: string;
  started_at: string;
  renewed_at: string;
}

/** A call that is up, for whoever has to end it should its gateway die. */
export interface LiveCallRow {
  id: string;
  /** Of the gateway that has it. */
  instance: string;
  /** JSON: `LiveCall`. */
  call: string;
}

/** A FreeSWITCH that takes no new rooms, of whichever gateway on this database. */
export interface DrainedMixerRow {
  /** `10.0.0.5:8021` */
  server: string;
  drained_at: string;
}

export type Db = Kysely<Tables>;

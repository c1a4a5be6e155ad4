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
  plans: PlanRow;
  plan_versions: PlanVersionRow;
  plan_canaries: PlanCanaryRow;
  plan_revision: PlanRevisionRow;
  audit: AuditRow;
  webhooks: WebhookRow;
  webhook_deliveries: DeliveryRow;
  webhook_attempts: AttemptRow;
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
  /** JSON; null in rows of earlier versions. */
  origin: string | null;
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

/** A plan that the database owns; its text is that of its version. */
export interface PlanRow {
  name: string;
  version: number;
  enabled: number;
  /** Name of the file that it stands for. */
  replaces: string | null;
  updated_at: string;
  updated_by: string;
  note: string | null;
}

/** Kept when the plan is removed, so that no number is given twice. */
export interface PlanVersionRow {
  name: string;
  version: number;
  kind: string;
  text: string;
  made_at: string;
  made_by: string;
  note: string | null;
}

/** The latest canary of a plan. */
export interface PlanCanaryRow {
  plan: string;
  /** Of the candidate, in `plan_versions`. */
  version: number;
  state: string;
  reason: string | null;
  /** JSON: called numbers. */
  numbers: string;
  share: number;
  failure_rate: number;
  calls: number;
  started_at: string;
  started_by: string;
  ended_at: string | null;
  ended_by: string | null;
  candidate_served: number;
  candidate_failed: number;
  rest_served: number;
  rest_failed: number;
}

/** One row: goes up with every change of plans, so that gateways need to look at it only. */
export interface PlanRevisionRow {
  id: number;
  revision: number;
}

export interface AuditRow {
  /** In the order of time. */
  id: string;
  at: string;
  made_by: string;
  action: string;
  subject: string;
  /** JSON. */
  details: string;
}

/** Somebody who wants to be told of events. */
export interface WebhookRow {
  id: string;
  /** Null: events of all tenants. */
  tenant: string | null;
  url: string;
  title: string;
  /** JSON: their types; empty: all. */
  events: string;
  /** What deliveries are signed with, AES-256-GCM under a key of `pin_keys`. */
  secret: string;
  key_id: string;
  active: number;
  /** Why it is not active, when the gateway has switched it off. */
  stopped: string | null;
  /** Since when every attempt has failed; null: the last one went well. */
  failing_since: string | null;
  created_at: string;
  changed_at: string;
  version: number;
}

/** One event on its way to one webhook. */
export interface DeliveryRow {
  id: string;
  webhook_id: string;
  event_id: string;
  type: string;
  /** JSON, as it is sent. */
  payload: string;
  state: string;
  /** Attempts since it was made, or sent once more by hand. */
  attempts: number;
  due_at: string;
  /** Until then the gateway that took it has it. */
  claimed_until: string | null;
  created_at: string;
  done_at: string | null;
}

export interface AttemptRow {
  delivery_id: string;
  at: string;
  ms: number;
  /** HTTP status of the answer; null: there was none. */
  status: number | null;
  error: string | null;
}

export type Db = Kysely<Tables>;

/** Records of calls that are over. */
import type { LegStats } from '../../mcu/ports.ts';
import type { EndReason } from '../reasons.ts';
import type { NoVideo } from './legs.ts';
import type { DialogPlace } from './legs.ts';
import type { PartStatus } from './parts.ts';

/** Something that a caller heard, chose or was led to before the room. */
export interface IvrStep {
  /** ISO 8601. */
  readonly at: string;
  readonly kind:
    | 'prompt'
    | 'menu'
    | 'choice'
    | 'language'
    | 'meeting'
    | 'pin'
    | 'policy'
    | 'go-to'
    | 'transfer'
    | 'bridge'
    | 'room';
  /** Which: a prompt's or menu's name, a key of a menu, a language, a host, an address. Null: there is only one. */
  readonly subject: string | null;
  /** What came of it; null: nothing could. */
  readonly outcome: string | null;
}

/** How a call came, beside its numbers: what a dial plan could look at. Header fields are not kept. */
export interface CallOrigin {
  readonly transport: string;
  /** IP address that its signalling came from. */
  readonly source: string;
  readonly verstat: 'passed' | 'failed' | 'none';
  /** What the caller's device would rather hear (RFC 5646); null: it did not say. */
  readonly language: string | null;
}

/** What is kept of a call when it is over. No PIN, digit or secret is ever in it. */
export interface CallRecord {
  readonly id: string;
  readonly tenant: string;
  readonly direction: 'inbound' | 'outbound';
  readonly protocol: string;
  readonly from: string;
  readonly to: string;
  /** The numbers as the dial plan's rules have rewritten them. */
  readonly routedFrom: string;
  readonly routedTo: string;
  readonly trunk: string | null;
  /** Null: of a call out, of many refused ones, or kept by an earlier version. */
  readonly origin: CallOrigin | null;
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
  /** In their order; the first hundred. */
  readonly steps: readonly IvrStep[];
  /** Why it has its voice only; null: it has video, or none was asked for. */
  readonly noVideo: NoVideo | null;
  readonly media: LegStats | null;
}

/** What is known of a call while it is up. */
export interface LiveCall extends Omit<CallRecord, 'endedAt' | 'endReason' | 'media'> {
  /** Where its dialog is; null: it was not answered yet. */
  readonly dialog: DialogPlace | null;
}

/** Which calls are looked for; what is left out fits all. */
export interface CallSearch {
  /** ISO 8601, UTC: ended then or later. */
  readonly from?: string | undefined;
  /** Ended before. */
  readonly to?: string | undefined;
  readonly tenant?: string | undefined;
  /** Of the caller or who was called, as it came. */
  readonly number?: string | undefined;
  readonly room?: string | undefined;
  readonly reason?: EndReason | undefined;
  readonly rule?: string | undefined;
  /** Those that come after this one. */
  readonly after?: { readonly endedAt: string; readonly id: string } | undefined;
  readonly limit: number;
}

export interface CallRecordKeeper {
  /** Remembers a call for the case that this gateway dies; never waits. Ended by `keepCall`. */
  noteLive(call: LiveCall): void;
  /** Queues; no step of a call waits for a write. */
  keepCall(record: CallRecord): void;
}

export interface Records extends CallRecordKeeper {
  listCalls(limit: number): Promise<readonly CallRecord[]>;
  /** Of those that are written, the latest first. */
  findCalls(search: CallSearch): Promise<readonly CallRecord[]>;
  getCall(id: string): Promise<CallRecord | null>;
  status(): PartStatus;
  close(): Promise<void>;
}

/** Who did what, and when. */
export interface AuditEntry {
  /** In the order of time. */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** As the client named itself; `admin` when it did not; `gateway` for what happens by itself. */
  readonly by: string;
  /** Such as `plan.published`. */
  readonly action: string;
  /** What it was done to, such as a plan's name. */
  readonly subject: string;
  readonly details: Readonly<Record<string, unknown>>;
}

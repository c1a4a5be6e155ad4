import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import type { PromptCatalog } from '../../dialplans/lint/prompts.ts';
import type { Config } from '../config/schema.ts';
import type { CanaryDesk } from '../plans/canary-desk.ts';
import type { PlanDesk } from '../plans/desk.ts';
import type { Language } from '../prompts/prompts.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Margins } from '../rooms/schedule.ts';
import type {
  AuditEntry,
  CallRegistry,
  GuessGuard,
  Log,
  MediaNodeStatus,
  MeetingStore,
  MixingDesk,
  MixingStatus,
  PartStatus,
  Records,
  RoomService,
  ServerStatus,
  TrunkState,
  WebhookDesk,
} from '../ports.ts';

/** The parts of `/readyz`. */
export interface Parts {
  readonly sip: PartStatus & {
    readonly servers: readonly ServerStatus[];
    readonly trunks: readonly TrunkState[];
  };
  readonly media: readonly MediaNodeStatus[];
  readonly rooms: PartStatus;
  readonly records: PartStatus;
  readonly plans: PartStatus;
  /** Null: the media node mixes itself. */
  readonly mixing: MixingStatus | null;
}

/** A number that invitations name. */
export interface InvitedNumber {
  readonly number: string;
  /** Two letters (ISO 3166); null: not known. */
  readonly country: string | null;
  readonly label: string | null;
}

/** What a tenant's invitations say of it. */
export interface TenantView {
  readonly title: string | null;
  readonly language: Language;
  readonly numbers: readonly InvitedNumber[];
}

/** What a person needs to dial in. Addresses come from the configuration, never from a Host header. */
export interface DialIn {
  /** Number that asks for a PIN. */
  readonly number: string;
  /** Number of the echo test. */
  readonly echoNumber: string;
  /** Room to try things with, which its URI leads to without a PIN; null: there is none. */
  readonly demoRoom: string | null;
  sipUri(user: string): string;
  webUrl(room: string): string;
  of(tenant: string): TenantView;
}

export interface HttpServerOptions {
  /** Address to bind to; `http` as in the configuration. */
  readonly host: string;
  readonly http: Config['http'];
  readonly adminToken: string;
  /** Tenant of meetings that are made without one. */
  readonly tenant: string;
  readonly calls: CallRegistry;
  readonly meetings: MeetingStore;
  /** When meetings with a time are open. */
  readonly margins: Margins;
  readonly records: Records;
  /** In exports of records numbers show their last four digits only. */
  readonly hideNumbers: boolean;
  readonly rooms: RoomService;
  readonly plans: Pick<PlanDesk, keyof PlanDesk>;
  /** Prompts that plans may name, as they are now. */
  readonly prompts: () => Promise<PromptCatalog>;
  readonly canaries: Pick<CanaryDesk, keyof CanaryDesk>;
  /** The newest first, those before the one with that id. */
  readonly audit: (page: {
    readonly before: string | null;
    readonly limit: number;
  }) => Promise<readonly AuditEntry[]>;
  /** Of what somebody did here that no other table tells. Throws `DATABASE_UNAVAILABLE`. */
  readonly keepAudit: (entry: Omit<AuditEntry, 'id' | 'at'>) => Promise<void>;
  readonly guard: GuessGuard;
  readonly webhooks: WebhookDesk;
  /** Null: the media node mixes itself. */
  readonly mixing: MixingDesk | null;
  readonly status: () => Parts;
  readonly metrics: Metrics;
  readonly dialIn: DialIn;
  /** LiveKit as browsers see it; pages may connect to it and to nothing else. */
  readonly livekitUrl: string;
  /** `ws://` address of a LiveKit whose signalling goes through this door; null: browsers reach it themselves. */
  readonly signalling: string | null;
  /** Folder of the built pages. */
  readonly webFolder: string;
  readonly log: Log;
}

/** A resource: its routes, typed by their zod schemas. */
export type Plugin = FastifyPluginCallbackZod;

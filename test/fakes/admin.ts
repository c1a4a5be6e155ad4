import { createHttpServer, type HttpServer } from '../../gateway/admin/server.ts';
import type { HttpServerOptions, Parts } from '../../gateway/admin/context.ts';
import { configSchema, type Config } from '../../gateway/config/schema.ts';
import { createMetrics } from '../../gateway/observe/metrics.ts';
import type {
  CallRecord,
  CallRegistry,
  CallSearch,
  CallView,
  GuessGuard,
  GuessView,
  Log,
  Meeting,
  MeetingChange,
  MeetingPage,
  MeetingQuery,
  MeetingSaving,
  MeetingStore,
  NewMeeting,
  Records,
  RoomService,
} from '../../gateway/ports.ts';
import { PlanNotFound } from '../../gateway/plans/errors.ts';
import { decided, noRoute, plainAskPin } from '../support/dial-plan.ts';

import { MeetingChanged } from '../../gateway/rooms/errors.ts';
import { faultsOf, refuseFaults } from '../../gateway/rooms/meeting-checks.ts';
import { FakeWebhooks } from './webhooks.ts';
import { aMeeting } from '../support/meetings.ts';

export const adminToken = 'a-token-of-the-tests';
export const bearer = { authorization: `Bearer ${adminToken}` };

export const aCall: CallView = {
  id: 'call-1',
  state: 'in-room',
  direction: 'inbound',
  protocol: 'sip',
  from: 'sip:+15550100@198.51.100.7',
  to: 'sip:1000@gateway.example',
  trunk: null,
  room: 'weekly',
  participant: 'sip_+15550100',
  role: 'guest',
  muted: false,
  startedAt: '2026-01-02T03:04:05.000Z',
  answeredAt: '2026-01-02T03:04:05.100Z',
  noVideo: null,
  media: null,
};

export const aRecord: CallRecord = {
  id: 'call-0',
  tenant: 'default',
  direction: 'inbound',
  protocol: 'sip',
  from: 'sip:+15550100@198.51.100.7',
  to: 'sip:1000@gateway.example',
  routedFrom: '+493012345',
  routedTo: '1000',
  trunk: null,
  origin: { transport: 'udp', source: '198.51.100.7', verstat: 'none', language: 'de-AT' },
  room: 'weekly',
  participant: 'sip_+15550100',
  rule: 'pin',
  startedAt: '2026-01-02T03:04:05.000Z',
  answeredAt: '2026-01-02T03:04:05.100Z',
  endedAt: '2026-01-02T03:05:05.000Z',
  endReason: 'caller-hung-up',
  attempts: 1,
  trace: { steps: [] },
  steps: [{ at: '2026-01-02T03:04:06.000Z', kind: 'pin', subject: null, outcome: 'right' }],
  noVideo: { reason: 'off', text: 'Video is off for this caller' },
  media: null,
};

/** Log lines, kept. */
export interface LogLine {
  readonly level: string;
  readonly facts: object;
  readonly sentence: string;
}

export function recordingLog(lines: LogLine[] = []): Log {
  const at = (level: string) => (facts: object, sentence: string) =>
    void lines.push({ level, facts, sentence });
  const log: Log = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => log,
  };
  return log;
}

export class FakeCalls implements CallRegistry {
  readonly live = new Map<string, CallView>([[aCall.id, aCall]]);

  list(): Promise<readonly CallView[]> {
    return Promise.resolve([...this.live.values()]);
  }

  get(id: string): Promise<CallView | null> {
    return Promise.resolve(this.live.get(id) ?? null);
  }

  hangUp(id: string): Promise<boolean> {
    return Promise.resolve(this.live.delete(id));
  }

  setMuted(id: string, muted: boolean): Promise<boolean> {
    const call = this.live.get(id);
    if (call?.state !== 'in-room') return Promise.resolve(false);
    this.live.set(id, { ...call, muted });
    return Promise.resolve(true);
  }
}

export class FakeMeetings implements MeetingStore {
  readonly #meetings = new Map<string, Meeting>();

  async create({ pins, ...wanted }: NewMeeting): Promise<Meeting> {
    refuseFaults(faultsOf(wanted));
    const n = this.#meetings.size + 1;
    const meeting = aMeeting({
      number: `${3_000_000 + n}`,
      ...(wanted as Partial<Meeting>),
      id: `meeting-${n}`,
      pins: {
        host: pins?.host ?? `${100_000 + n}`,
        guest: pins?.guest === undefined ? `${200_000 + n}` : pins.guest,
      },
      createdAt: '2026-01-02T03:04:05.000Z',
      changedAt: '2026-01-02T03:04:05.000Z',
    });
    this.#meetings.set(meeting.id, meeting);
    return Promise.resolve(meeting);
  }

  list({ tenant }: MeetingQuery): Promise<MeetingPage> {
    return Promise.resolve({ meetings: this.#of(tenant), next: null });
  }

  get(id: string): Promise<Meeting | null> {
    return Promise.resolve(this.#meetings.get(id) ?? null);
  }

  findByRoom(tenant: string, room: string): Promise<Meeting | null> {
    return Promise.resolve(this.#of(tenant).find((one) => one.room === room) ?? null);
  }

  findByNumber(tenant: string, number: string): Promise<Meeting | null> {
    return Promise.resolve(this.#of(tenant).find((one) => one.number === number) ?? null);
  }

  findByPin(tenant: string, pin: string): ReturnType<MeetingStore['findByPin']> {
    for (const meeting of this.#of(tenant)) {
      if (meeting.pins.host === pin) return Promise.resolve({ found: true, meeting, role: 'host' });
      if (meeting.pins.guest === pin) return Promise.resolve({ found: true, meeting, role: 'guest' });
    }
    return Promise.resolve({ found: false });
  }

  async change(
    id: string,
    version: number | null,
    { pins: _pins, renew: _renew, ...change }: MeetingChange,
  ): Promise<Meeting | null> {
    refuseFaults(faultsOf(change));
    const found = this.#meetings.get(id);
    if (!found) return Promise.resolve(null);
    if (version !== null && version !== found.version) return Promise.reject(new MeetingChanged());
    const next = { ...found, ...(change as Partial<Meeting>), version: found.version + 1 };
    this.#meetings.set(id, next);
    return Promise.resolve(next);
  }

  async saveAll(tenant: string, savings: readonly MeetingSaving[]): ReturnType<MeetingStore['saveAll']> {
    for (const { id: _id, room = '', ...one } of savings) await this.create({ tenant, room, ...one });
    return { created: savings.length, changed: 0, faults: [] };
  }

  #of(tenant: string): Meeting[] {
    return [...this.#meetings.values()].filter((one) => one.tenant === tenant);
  }

  remove(id: string): Promise<boolean> {
    return Promise.resolve(this.#meetings.delete(id));
  }
}

/** Three misses are free, the next two cost 4 s, then it is over. */
export class FakeGuard implements GuessGuard {
  readonly misses = new Map<string, number>();

  delayMs(_tenant: string, source: string): number {
    const misses = this.misses.get(source) ?? 0;
    if (misses < 3) return 0;
    return misses < 5 ? 4_000 : Infinity;
  }

  missed(_tenant: string, source: string): void {
    this.misses.set(source, (this.misses.get(source) ?? 0) + 1);
  }

  hit(_tenant: string, source: string): void {
    this.misses.delete(source);
  }

  list(): GuessView[] {
    return [...this.misses].map(([source, misses]) => ({
      id: `guess-${source}`,
      tenant: 'default',
      kind: 'address',
      source,
      misses,
      state: misses < 5 ? 'slowed' : 'blocked',
      lastAt: '2026-01-02T03:04:05.000Z',
      until: '2026-01-02T04:04:05.000Z',
    }));
  }

  lift(id: string): boolean {
    return this.misses.delete(id.replace('guess-', ''));
  }
}

export class FakeRecords implements Records {
  readonly kept: CallRecord[] = [aRecord];

  noteLive(): void {
    // Nobody dies here.
  }
  keepCall(record: CallRecord): void {
    this.kept.push(record);
  }

  listCalls(limit: number): Promise<readonly CallRecord[]> {
    return Promise.resolve(this.kept.slice(-limit));
  }

  findCalls({ limit, after }: CallSearch): Promise<readonly CallRecord[]> {
    const past = this.kept.toReversed();
    const from = after === undefined ? 0 : past.findIndex(({ id }) => id === after.id) + 1;
    return Promise.resolve(past.slice(from, from + limit));
  }

  getCall(id: string): Promise<CallRecord | null> {
    return Promise.resolve(this.kept.find((record) => record.id === id) ?? null);
  }

  status(): ReturnType<Records['status']> {
    return upPart;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export class FakeRooms implements RoomService {
  state: 'up' | 'down' = 'up';

  access(): ReturnType<RoomService['access']> {
    return Promise.reject(new Error('no caller joins here'));
  }

  register(): void {
    throw new Error('no caller joins here');
  }

  isTaken(): boolean {
    return false;
  }

  registered(): readonly string[] {
    return [];
  }

  forget(): Promise<void> {
    return Promise.resolve();
  }

  personAccess(
    room: string,
    identity: string,
    name: string,
    role: string,
  ): ReturnType<RoomService['personAccess']> {
    return Promise.resolve({ url: 'ws://127.0.0.1:7880', token: [room, identity, name, role].join('|') });
  }

  status(): ReturnType<RoomService['status']> {
    return { ...upPart, state: this.state };
  }
}

export const upPart = { state: 'up', embedded: true, version: '1.0.0', pid: 4711 } as const;

export const allUp: Parts = {
  sip: { ...upPart, servers: [], trunks: [] },
  media: [
    {
      ...upPart,
      id: 'media-1',
      legs: 1,
      rooms: 1,
      restarts: 0,
      hangs: 0,
      engine: { kind: 'embedded', state: 'up', pid: 4712, restarts: 0, hangs: 0 },
      pictures: null,
    },
  ],
  rooms: upPart,
  records: { ...upPart, pid: null },
  plans: { ...upPart, pid: null },
  mixing: null,
};

export const onePlan = {
  view: () => ({
    name: 'main',
    version: 'v1',
    rules: [
      {
        name: 'pin',
        plan: 'main.yaml',
        file: 'main.yaml',
        tenant: 'default',
        priority: 100,
        action: 'ask-pin',
        when: { called: 'is 1000', calling: 'begins with +49' },
      },
    ],
    problems: [],
  }),
  list: () => [],
  get: noPlan,
  hasTenant: (name) => name === 'default',
  counts: () => Promise.resolve({ rules: 0, tests: 0 }),
  check: () => Promise.resolve({ problems: [], tests: [], changes: [] }),
  tryWith: noPlan,
  put: noPlan,
  remove: noPlan,
  rollBack: noPlan,
  takeOver: noPlan,
  versions: noPlan,
  versionText: noPlan,
  diff: noPlan,
  resolve: ({ called }) => ({
    ...(called.user === '1000' ? decided(plainAskPin, { rule: 'pin' }) : decided(noRoute, { rule: null })),
    trace: {
      plan: 'main',
      version: 'v1',
      steps: [
        { rule: 'pin', matched: called.user === '1000', missed: called.user === '1000' ? null : 'called' },
      ],
      skipped: 0,
      variables: { called: called.user },
    },
  }),
} satisfies HttpServerOptions['plans'];

function noPlan(): never {
  throw new PlanNotFound('any');
}

export interface Door {
  readonly server: HttpServer;
  readonly calls: FakeCalls;
  readonly meetings: FakeMeetings;
  readonly guard: FakeGuard;
  readonly rooms: FakeRooms;
  readonly log: LogLine[];
}

/** The real HTTP server over fakes; `more` replaces any of them. */
export async function openDoor(
  more: Partial<Omit<HttpServerOptions, 'http'>> & { http?: Partial<Config['http']> } = {},
): Promise<Door> {
  const calls = new FakeCalls();
  const meetings = new FakeMeetings();
  const guard = new FakeGuard();
  const rooms = new FakeRooms();
  const log: LogLine[] = [];
  const server = await createHttpServer({
    host: '127.0.0.1',
    adminToken,
    tenant: 'default',
    calls,
    meetings,
    records: new FakeRecords(),
    rooms,
    plans: onePlan,
    margins: { earlyMinutes: 10, lateMinutes: 10 },
    prompts: () =>
      Promise.resolve({
        shipped: { en: ['welcome', 'goodbye'], de: ['welcome'] },
        tenants: { acme: { de: ['menu'] } },
      }),
    canaries: { of: noPlan, start: noPlan, end: noPlan, promote: noPlan },
    audit: () => Promise.resolve([]),
    keepAudit: () => Promise.resolve(),
    hideNumbers: false,
    guard,
    webhooks: new FakeWebhooks(),
    mixing: null,
    status: () => allUp,
    metrics: createMetrics(),
    dialIn: {
      number: '1000',
      echoNumber: '9196',
      demoRoom: 'demo',
      sipUri: (user) => `sip:${user}@gateway.example`,
      webUrl: (room) => `https://gateway.example/join/${encodeURIComponent(room)}`,
      of: () => ({
        title: 'ACME',
        language: 'en',
        numbers: [{ number: '1000', country: null, label: null }],
      }),
    },
    livekitUrl: 'ws://127.0.0.1:7880',
    signalling: null,
    webFolder: '/nonexistent',
    log: recordingLog(log),
    ...more,
    http: { ...configSchema.parse({}).http, port: 0, ...more.http },
  });
  return { server, calls, meetings, guard, rooms, log };
}

import { join } from 'node:path';
import type { Parts } from './admin/context.ts';
import { createHttpServer } from './admin/server.ts';
import { Calls } from './calls/calls.ts';
import { Closers } from './closers.ts';
import type { Ground } from './ground.ts';
import { EventBus } from './event-bus.ts';
import { readPlanSecret } from './config/plan-secrets.ts';
import { publicAddresses } from './config/outside.ts';
import { portNeeds, withFreePorts } from './config/port-needs.ts';
import { checkPorts } from './config/ports-in-use.ts';
import { keptSecret, openDataFolder } from './config/secrets.ts';
import type { Config } from './config/schema.ts';
import { systemClock } from './observe/clock.ts';
import { createLogger } from './observe/logger.ts';
import { createMetrics } from './observe/metrics.ts';
import type { Metrics } from './observe/metrics.ts';
import { demoMeeting, dialInOf, routingBy } from './desk.ts';
import type {
  CallRecord,
  CallRecordKeeper,
  Edge,
  Events,
  GuessGuard,
  MediaNode,
  Records,
  WebhookDesk,
} from './ports.ts';
import { PromptFolder, shippedPromptFolder } from './prompts/prompts.ts';
import { LostCalls } from './lost-calls.ts';
import { CanaryDesk } from './plans/canary-desk.ts';
import { PlanDesk } from './plans/desk.ts';
import type { Plans } from './plans/plans.ts';
import { MemoryGuessGuard } from './rooms/guess-guard.ts';
import type { Blocked } from './rooms/guess-guard.ts';
import { endLeftoverLiveKit } from './rooms/leftover-livekit.ts';
import { livekitBinary } from './livekit-binary.ts';
import type { Mixing } from './mixing/mixing.ts';
import { partsOf, picturesOf, restartsOf, upOf } from './part-states.ts';
import { createPolicyClient } from './policies/client.ts';
import { createSipEdge } from './sip/sip-edge.ts';
import { openDialPlans, openMediaNode, openMixers, openRooms, openStores, promptsOf } from './parts.ts';
import type { Stores } from './parts.ts';
import { keepAudit, readAudit } from './records/audit.ts';
import { openEdgeProcess } from './sip-edge-process.ts';
import type { EdgeProcess } from './sip-edge-process.ts';
import { Tenants } from './tenants.ts';
import type { Facts } from './welcome.ts';
import { projectFolder } from './folders.ts';

export interface Gateway {
  /** What the start page and the terminal tell a newcomer. */
  readonly facts: Facts;
  /** SIP's certificate is read again; that happens by itself, too, when its files change. */
  reloadCertificates(): void;
  /** Ends all calls with a BYE, then everything else. Idempotent. */
  close(): Promise<void>;
}

/**
 * Builds everything from the configuration, in the order in which it is needed, and closes in reverse.
 * Throws `GatewayError`s that say what to do; then nothing is left running.
 */
export async function startGateway(wanted: Config, out: NodeJS.WritableStream): Promise<Gateway> {
  const { log, childSink } = createLogger({ level: wanted.log.level, pretty: wanted.log.pretty, out });
  const closers = new Closers(log);
  try {
    openDataFolder(wanted.dataFolder);
    await endLeftoverLiveKit(wanted.dataFolder, livekitBinary(wanted), log);
    await checkPorts(portNeeds(wanted));
    const config = await withFreePorts(wanted);
    const composed = await compose({ config, log, childSink, closers, metrics: createMetrics() });
    return { ...composed, close: () => closers.close() };
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function compose(ground: Ground): Promise<Omit<Gateway, 'close'>> {
  const { config, log, closers, metrics } = ground;
  const lost = new LostCalls();
  closers.add('lost calls', () => lost.close());
  // First: it is here that another gateway of this name shows, which nothing of ours may disturb.
  const events = new EventBus(systemClock, log);
  const tenants = new Tenants(config);
  const stores = await openStores(ground, { events, tenants }, (calls) => {
    lost.add(calls);
    for (const { record } of calls) count(metrics, record);
  });
  const { records, meetings, webhooks } = stores;
  const [rooms, plans, edgeProcess] = await openTogether(ground, stores, events);
  tenants.follow(plans);
  const mixing = await openMixers(ground, edgeProcess, records);
  const node = await openMediaNode(ground, rooms.service, mixing);
  const guard = openGuard(config, events);
  const edge = openEdge(ground, edgeProcess, node, plans);
  const calls = new Calls({
    ...callOptions(config),
    rooms: rooms.service,
    meetings,
    guard,
    records: withVersions(records, plans),
    events,
    clock: systemClock,
    log: log.child({ part: 'calls' }),
    // A call that comes while its process is replaced waits there.
    pickNode: () => (node.status().state === 'down' || mixing?.isUp === false ? null : node),
    route: (input, id) => routingBy(plans.planFor({ id, called: input.called.user }), input),
    plansKnown: () => plans.isWhole,
    policies: createPolicyClient({ readSecret: readPlanSecret }),
    callOut: (call) => edge.callOut(call),
    trunk: (name) => plans.current().trunks.find((trunk) => trunk.name === name) ?? null,
    onPinTried: (outcome) => metrics.pinTried(outcome, 'call'),
    onRecord: (record) => {
      count(metrics, record);
      plans.ended(record);
    },
  });
  const dialIn = dialInOf(config, () => edge.status(), tenants);
  const status = () => partsOf({ edge, node, rooms: rooms.service, records, plans, mixing });
  if (mixing) {
    mixing.onNone = () => calls.endAll('media-lost');
    mixing.onRefused = (leg) => void calls.hangUp(leg, 'media-unavailable');
  }
  const { embedded } = edgeProcess;
  watchAll(metrics, { calls, edge, embedded, node, mixing, status, guard, webhooks });
  const adminToken = config.adminToken || keptSecret(config.dataFolder, 'admin-token');
  const http = await createHttpServer({
    ...{ host: config.host, http: config.http, adminToken },
    tenant: plans.current().tenant,
    calls,
    meetings,
    margins: config.meetings,
    records,
    rooms: rooms.service,
    plans: new PlanDesk(plans, systemClock),
    prompts: () => promptsOf(config),
    canaries: new CanaryDesk(plans, systemClock),
    audit: (page) => readAudit(records.db, page),
    keepAudit: (entry) => keepAudit(records.db, { at: new Date().toISOString(), ...entry }),
    hideNumbers: config.calls.hideNumbers,
    guard,
    webhooks,
    mixing,
    status,
    metrics,
    dialIn,
    livekitUrl: rooms.browsers.url,
    signalling: rooms.browsers.throughDoor ? rooms.url : null,
    webFolder: join(projectFolder, 'dist/web'),
    log: log.child({ part: 'http' }),
  });
  closers.add('http', () => http.close());
  await openDoors(ground, edge, calls, () => http.listen());
  lost.start({ edge, rooms: rooms.service, log: log.child({ part: 'calls' }) });
  const adminTokenFile = config.adminToken === '' ? join(config.dataFolder, 'admin-token') : null;
  const demo = await demoMeeting(config, plans.current().tenant, { meetings, records, log });
  const facts: Facts = { config, dialIn, adminTokenFile, status, livekitUrl: rooms.url, demo };
  return { facts, reloadCertificates: () => embedded?.reloadCertificates() };
}

function openGuard({ guessing: limits }: Config, events: Events): MemoryGuessGuard {
  const onBlocked = ({ tenant, ...blocked }: Blocked) => events.emit('pin.blocked', tenant, blocked);
  return new MemoryGuessGuard({ limits, clock: systemClock, onBlocked });
}

function watchAll(
  metrics: Metrics,
  parts: {
    calls: Calls;
    edge: Edge;
    embedded: EdgeProcess['embedded'];
    node: MediaNode;
    mixing: Mixing | null;
    status: () => Parts;
    guard: GuessGuard;
    webhooks: WebhookDesk;
  },
): void {
  const { calls, edge, embedded, node, mixing, status, guard, webhooks } = parts;
  metrics.watchGuesses(() => guard.list());
  metrics.watchWebhooks(() => webhooks.status());
  metrics.watchCalls(() => calls.states());
  metrics.watchSip(() => embedded?.counters() ?? Promise.resolve(null));
  metrics.watchTrunks(() => edge.trunks());
  metrics.watchSipServers(() => edge.servers());
  metrics.watchParts(() => upOf(status()));
  metrics.watchMixing(() => mixing?.status().servers ?? []);
  metrics.watchPictures(() => picturesOf(node.status()));
  metrics.watchProcesses(() => restartsOf(node.status(), embedded?.restarts() ?? null));
}

function openEdge(
  { config, log }: Ground,
  { servers, listen, embedded }: EdgeProcess,
  media: MediaNode,
  plans: Plans,
) {
  return createSipEdge({
    servers,
    listen,
    tags: config.drachtio.tags,
    plainAnywhere: config.drachtio.plain === 'anywhere',
    embedded,
    media,
    trunks: plans,
    pinged: () => plans.current().trunks,
    readSecret: readPlanSecret,
    srtp: config.sip.srtp,
    video: config.sip.video === 'on',
    pictures: config.video.enabled === 'on',
    publicAddresses: publicAddresses(config),
    codecs: config.media.codecs,
    limits: { sessionSeconds: config.sip.sessionExpiresSeconds },
    log: log.child({ part: 'sip' }),
  });
}

/**
 * What needs nothing of the others starts together: a person waits for the slowest only. When one fails, the
 * others first come to where they can be closed.
 */
async function openTogether(ground: Ground, stores: Stores, events: Events) {
  const opening = [
    openRooms(ground),
    openDialPlans(ground, stores, events),
    openEdgeProcess(ground),
  ] as const;
  await Promise.allSettled(opening);
  return Promise.all(opening);
}

/** Calls come last: from the first INVITE on everything is there. */
async function openDoors(
  { closers }: Ground,
  edge: Edge,
  calls: Calls,
  listen: () => Promise<number>,
): Promise<void> {
  await listen();
  closers.add('sip', () => edge.close());
  closers.add('calls', () => calls.close());
  await edge.start(
    (leg) => calls.accept(leg),
    (refused) => calls.keepRefused(refused),
  );
}

/** Calls' records say which version of a plan each had. */
function withVersions(records: Records, plans: Plans): CallRecordKeeper {
  return {
    noteLive: (call) => records.noteLive({ ...call, trace: plans.withVersions(call.trace) }),
    keepCall: (record) => records.keepCall({ ...record, trace: plans.withVersions(record.trace) }),
  };
}

function callOptions(config: Config) {
  const { calls, media, meetings, video } = config;
  return {
    rules: { ...calls, layout: video.layout },
    ownPicture: video.ownPicture,
    maxCalls: calls.maxCalls,
    maxCallsPerSource: calls.maxCallsPerSource,
    language: calls.language,
    prompts: new PromptFolder(media.promptFolder || shippedPromptFolder()),
    margins: meetings,
    hideNumbers: calls.hideNumbers,
    publish: media.publish,
    silenceSeconds: media.silenceSeconds,
    identitySecret: keptSecret(config.dataFolder, 'identity-key'),
  };
}

function count(metrics: Ground['metrics'], record: CallRecord): void {
  const [started, answered, ended] = [record.startedAt, record.answeredAt, record.endedAt].map((time) =>
    time === null ? null : Date.parse(time) / 1000,
  );
  metrics.callEnded({
    protocol: record.protocol,
    reason: record.endReason,
    setupSeconds: answered === null || started === null ? null : answered - started,
    talkSeconds: answered === null || ended === null ? null : ended - answered,
    noVideo: record.noVideo?.reason ?? null,
    media: record.media,
  });
}

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { openPlans } from '../dialplans/store.ts';
import type { Plans } from '../dialplans/store.ts';
import { resolve } from '../dialplans/resolve.ts';
import { Child } from '../mcu/control/child.ts';
import { startMediaNode } from '../mcu/control/client.ts';
import type { MediaNodeClient } from '../mcu/control/client.ts';
import { createHttpServer } from './admin/server.ts';
import { Calls } from './calls/calls.ts';
import { Closers } from './closers.ts';
import { checkPorts, freePort } from './config/ports-in-use.ts';
import type { PortNeed } from './config/ports-in-use.ts';
import { inUri, outsideAddress } from './config/outside.ts';
import { keptSecret, openDataFolder } from './config/secrets.ts';
import type { Config } from './config/schema.ts';
import { systemClock } from './observe/clock.ts';
import { createLogger } from './observe/logger.ts';
import { createMetrics } from './observe/metrics.ts';
import type { Metrics } from './observe/metrics.ts';
import { GatewayError, messageOf } from './errors.ts';
import { demoMeeting, dialInOf, planDesk } from './desk.ts';
import type { CallRecord, Edge, Log, MeetingStore } from './ports.ts';
import { shippedPromptFolder } from './prompts/prompts.ts';
import { openRecords } from './records/records.ts';
import type { OpenRecords } from './records/records.ts';
import { MemoryGuessGuard } from './rooms/guess-guard.ts';
import { endLeftoverLiveKit } from './rooms/leftover-livekit.ts';
import { createLiveKitRooms } from './rooms/livekit.ts';
import type { LiveKitRooms } from './rooms/livekit.ts';
import { startLocalLiveKit } from './rooms/local-livekit.ts';
import { openMeetings } from './rooms/meetings.ts';
import { createSipEdge } from './sip/sip-edge.ts';
import type { Facts } from './welcome.ts';
import { projectFolder } from './folders.ts';

export interface Gateway {
  /** What the start page and the terminal tell a newcomer. */
  readonly facts: Facts;
  /** Ends all calls with a BYE, then everything else. Idempotent. */
  close(): Promise<void>;
}

/** With a broken plan no call could be routed rightly, so the gateway doesn't start with one. */
class PlanUnusable extends GatewayError {
  constructor(cause: unknown) {
    super({
      code: 'PLAN_INVALID',
      httpStatus: 500,
      message: messageOf(cause),
      remedy: 'Mend the named lines, or name another folder with --dialPlans.folder.',
      cause,
    });
  }
}

/** What one step of the start hands to the next. */
interface Ground {
  readonly config: Config;
  readonly log: Log;
  /** Takes the log lines of a process that writes its own. */
  readonly childSink: () => NodeJS.WritableStream;
  readonly closers: Closers;
  readonly metrics: Metrics;
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
    const facts = await compose({ config, log, childSink, closers, metrics: createMetrics() });
    return { facts, close: () => closers.close() };
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function compose(ground: Ground): Promise<Facts> {
  const { config, log, closers, metrics } = ground;
  const [rooms, { records, meetings }, plans, edgeProcess] = await openTogether(ground);
  const node = await openMediaNode(ground, rooms.service);
  const guard = new MemoryGuessGuard({ limits: config.guessing, clock: systemClock });
  const edge = createSipEdge({
    connect: edgeProcess.connect,
    embedded: edgeProcess.embedded,
    media: node,
    trunks: plans,
    publicAddress: config.publicIp,
    log: log.child({ part: 'sip' }),
  });
  const calls = new Calls({
    ...callOptions(config),
    rooms: rooms.service,
    meetings,
    guard,
    records,
    clock: systemClock,
    log: log.child({ part: 'calls' }),
    pickNode: () => (node.status().state === 'up' ? node : null),
    resolve: (input) => resolve(plans.current(), input),
    onPinTried: (outcome) => metrics.pinTried(outcome, 'call'),
    onRecord: (record) => count(metrics, record),
  });
  const dialIn = dialInOf(config);
  const status = () => ({
    sip: edge.status(),
    media: [node.status()],
    rooms: rooms.service.status(),
    records: records.status(),
  });
  metrics.watchCalls(() => calls.states());
  metrics.watchParts(() => {
    const parts = status();
    const media = parts.media.map((one) => ({ part: `media-${one.id}`, up: one.state === 'up' }));
    const others = [
      ['sip', parts.sip],
      ['rooms', parts.rooms],
      ['records', parts.records],
    ] as const;
    return [...others.map(([part, { state }]) => ({ part, up: state === 'up' })), ...media];
  });
  const adminToken = config.adminToken || keptSecret(config.dataFolder, 'admin-token');
  const http = await createHttpServer({
    host: config.host,
    http: config.http,
    adminToken,
    tenant: plans.current().tenant,
    calls,
    meetings,
    records,
    rooms: rooms.service,
    plans: planDesk(plans),
    guard,
    status,
    metrics,
    dialIn,
    livekitUrl: rooms.browserUrl,
    signalling: rooms.local && isSecure(config) ? rooms.url : null,
    webFolder: join(projectFolder, 'dist/web'),
    log: log.child({ part: 'http' }),
  });
  closers.add('http', () => http.close());
  await openDoors(ground, edge, calls, () => http.listen());
  return {
    config,
    dialIn,
    adminTokenFile: config.adminToken === '' ? join(config.dataFolder, 'admin-token') : null,
    status,
    livekitUrl: rooms.url,
    demo: await demoMeeting(config, plans.current().tenant, meetings),
  };
}

/**
 * What needs nothing of the others starts together: a person waits for the slowest only. When one fails, the
 * others first come to where they can be closed.
 */
async function openTogether(ground: Ground) {
  const opening = [
    openRooms(ground),
    openStores(ground),
    openDialPlans(ground),
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
  await edge.start((leg) => calls.accept(leg));
}

async function openRooms({
  config,
  log,
  closers,
}: Ground): Promise<{ service: LiveKitRooms; url: string; browserUrl: string; local: boolean }> {
  const { livekit } = config;
  const local =
    livekit.url === ''
      ? await startLocalLiveKit({
          binary: livekitBinary(config),
          host: config.host,
          outside: outsideAddress(config),
          port: livekit.port,
          udpPort: livekit.port + 2,
          dataFolder: config.dataFolder,
          log,
        })
      : null;
  if (local) closers.add('livekit', () => local.close());
  const url = local?.url ?? livekit.url;
  const browserUrl = livekit.browserUrl || (local ? browserAddress(config) : url);
  const service = createLiveKitRooms({
    url,
    browserUrl,
    apiKey: local?.apiKey ?? livekit.apiKey,
    apiSecret: local?.apiSecret ?? livekit.apiSecret,
    instance: keptSecret(config.dataFolder, 'instance').slice(0, 12),
    embedded: local && { version: local.version, pid: () => local.pid() },
    log: log.child({ part: 'rooms' }),
  });
  closers.add('rooms', () => service.close());
  await service.check();
  return { service, url, browserUrl, local: local !== null };
}

/** A page that came by HTTPS may open no plain WebSocket: then our own door passes the signalling on. */
function browserAddress(config: Config): string {
  const host = inUri(outsideAddress(config));
  return isSecure(config) ? `wss://${host}:${config.http.port}` : `ws://${host}:${config.livekit.port}`;
}

function isSecure({ http }: Config): boolean {
  return http.tlsCert !== '';
}

async function openStores({
  config,
  log,
  closers,
}: Ground): Promise<{ records: OpenRecords; meetings: MeetingStore }> {
  const { dataFolder } = config;
  const records = await openRecords({ url: config.database.url, dataFolder, log });
  closers.add('records', () => records.close());
  const meetings = await openMeetings({
    db: records.db,
    keysFile: join(dataFolder, 'pin-keys.json'),
    clock: systemClock,
  });
  return { records, meetings };
}

async function openDialPlans({ config, log, closers }: Ground): Promise<Plans> {
  const folder = config.dialPlans.folder || join(projectFolder, 'dialplans/plans');
  const plans = await openPlans(folder, { log: log.child({ part: 'dialplans' }) }).catch((error: unknown) => {
    throw new PlanUnusable(error);
  });
  closers.add('dial plans', () => plans.close());
  return plans;
}

function livekitBinary({ livekit }: Config): string {
  return livekit.binary || 'livekit-server';
}

interface EdgeProcess {
  readonly connect: { readonly host: string; readonly port: number; readonly secret: string };
  readonly embedded: { readonly pid: () => number | null } | null;
}

async function openEdgeProcess({ config, log, childSink, closers }: Ground): Promise<EdgeProcess> {
  const { drachtio, sip } = config;
  if (drachtio.host !== '') return { connect: drachtio, embedded: null };
  const secret = sip.secret || randomBytes(24).toString('base64url');
  const child = await Child.start({
    name: 'SIP edge',
    module: new URL('./sip/edge/main.ts', import.meta.url),
    args: [
      ...['--host', config.host, '--port', String(sip.port), '--admin-port', String(sip.adminPort)],
      ...[
        '--public-ip',
        config.publicIp,
        '--log-level',
        config.log.level === 'silent' ? 'error' : config.log.level,
      ],
    ],
    // Arguments show in the process list.
    env: { SIP_EDGE_SECRET: secret },
    output: childSink(),
    log,
  });
  closers.add('SIP edge', () => child.close());
  return {
    connect: { host: '127.0.0.1', port: sip.adminPort, secret },
    embedded: { pid: () => child.pid },
  };
}

async function openMediaNode(
  { config, log, closers }: Ground,
  rooms: LiveKitRooms,
): Promise<MediaNodeClient> {
  const id = 'node-1';
  const node = await startMediaNode({
    id,
    host: config.host,
    publicIp: config.publicIp,
    rtpPortMin: config.media.rtpPortMin,
    rtpPortMax: config.media.rtpPortMax,
    promptFolder: config.media.promptFolder || shippedPromptFolder(),
    silenceSeconds: config.media.silenceSeconds,
    logLevel: config.log.level,
    access: (room, who) => rooms.access(room, who, id),
    log: log.child({ part: 'media' }),
  });
  closers.add('media node', () => node.close());
  return node;
}

function callOptions(config: Config) {
  const { calls, media } = config;
  return {
    rules: calls,
    maxCalls: calls.maxCalls,
    language: calls.language,
    hideNumbers: calls.hideNumbers,
    publish: media.publish,
    silenceSeconds: media.silenceSeconds,
    identitySecret: keptSecret(config.dataFolder, 'identity-key'),
  };
}

function count(metrics: Metrics, record: CallRecord): void {
  const [started, answered, ended] = [record.startedAt, record.answeredAt, record.endedAt].map((time) =>
    time === null ? null : Date.parse(time) / 1000,
  );
  metrics.callEnded({
    protocol: record.protocol,
    reason: record.endReason,
    setupSeconds: answered === null || started === null ? null : answered - started,
    talkSeconds: answered === null || ended === null ? null : ended - answered,
  });
}

function portNeeds(config: Config): PortNeed[] {
  const { host, sip, http, livekit, drachtio } = config;
  const needs: PortNeed[] = [
    { use: 'the API and pages', key: 'http.port', host, port: http.port, protocol: 'tcp' },
  ];
  if (drachtio.host === '')
    needs.push(
      { use: 'SIP', key: 'sip.port', host, port: sip.port, protocol: 'udp' },
      { use: 'SIP', key: 'sip.port', host, port: sip.port, protocol: 'tcp' },
      {
        use: 'the SIP edge’s admin port',
        key: 'sip.adminPort',
        host: '127.0.0.1',
        port: sip.adminPort,
        protocol: 'tcp',
      },
    );
  if (livekit.url === '' && livekit.port !== 0)
    needs.push(
      { use: 'LiveKit', key: 'livekit.port', host, port: livekit.port, protocol: 'tcp' },
      { use: 'LiveKit’s media', key: 'livekit.port', host, port: livekit.port + 2, protocol: 'udp' },
    );
  return needs;
}

/** Port 0 means any free one; it is chosen here, so that everything that names it agrees. */
async function withFreePorts(config: Config): Promise<Config> {
  const { host } = config;
  const orFree = async (port: number) => (port === 0 ? freePort(host) : port);
  return {
    ...config,
    http: { ...config.http, port: await orFree(config.http.port) },
    sip: {
      ...config.sip,
      port: await orFree(config.sip.port),
      adminPort: await orFree(config.sip.adminPort),
    },
    livekit: { ...config.livekit, port: await orFree(config.livekit.port) },
  };
}

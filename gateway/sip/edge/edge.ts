import { networkInterfaces } from 'node:os';
import { isIPv6 } from 'node:net';
import { AppRegistry } from './admin/apps.ts';
import { AdminServer } from './admin/server.ts';
import { Identity } from './core/identity.ts';
import { UserAgent } from './core/user-agent.ts';
import type { Context } from './core/context.ts';
import { newCounters } from './counters.ts';
import type { EdgeCounters } from './counters.ts';
import { DialogTable } from './dialogs/table.ts';
import { silentLog } from './log.ts';
import type { EdgeLog } from './log.ts';
import { systemTimers } from './timers.ts';
import type { Timers } from './timers.ts';
import { TransactionLayer } from './transactions/layer.ts';
import { openTransport } from './transport/open.ts';
import type { Transport } from './transport/types.ts';

/**
 * What apps are told. srf parses `vX.Y.Z` and sends pings from 0.8.2 on; the number is the drachtio-server whose
 * protocol this is, the rest says that this is not it.
 */
export const edgeVersion = 'v0.9.10-embedded';

export interface EdgeOptions {
  /** IP literal that SIP binds to. */
  readonly host: string;
  /** UDP and TCP; 0: a free one. */
  readonly port: number;
  readonly adminHost?: string;
  /** 0: a free one. */
  readonly adminPort: number;
  readonly secret: string;
  /** What peers see in Contact and Via; empty or left out: the bound address. */
  readonly publicIp?: string;
  readonly timers?: Timers;
  readonly log?: EdgeLog;
  readonly maxTransactions?: number;
  readonly maxDialogs?: number;
  /** In-dialog requests to a caller whose Contact is private, though it is not, go where it called from. */
  readonly natRepair?: boolean;
}

export interface Edge {
  readonly sipPort: number;
  readonly adminPort: number;
  /** Live numbers; the object stays the same. */
  readonly counters: Readonly<EdgeCounters>;
  readonly transportCounters: Transport['counters'];
  /** Says BYE to all calls and waits for the answers, `graceMs` at most. Idempotent. */
  close(graceMs?: number): Promise<void>;
}

/** Beyond these a flood is refused; a gateway of this size carries some hundred calls. */
const defaultMaxTransactions = 10_000;
const defaultMaxDialogs = 4_000;
const defaultGraceMs = 2_000;

/**
 * The embedded SIP edge: SIP on one side, drachtio-server's admin protocol on the other. Throws `TransportError` or
 * Node's error when a port is in use.
 */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { timers = systemTimers, log = silentLog } = options;
  const counters = newCounters();
  const registry = new AppRegistry();
  // The wire and the UA core need each other; until both are there nothing comes in.
  let agent: UserAgent | undefined;
  const transport = await openTransport({
    address: options.host,
    port: options.port,
    onMessage: (message, from, receivedOn) => agent?.receive(message, from, receivedOn),
    onInvalid: (error, from) => agent?.receiveInvalid(error, from),
    onPeerError: (peer, error) => layer.peerFailed(peer, error),
  });
  const layer = new TransactionLayer({
    send: (message, peer) => transport.send(message, peer),
    user: {
      onRequest: (inbound) => userAgent.onRequest(inbound),
      onAck: (ack, from) => userAgent.onAck(ack, from),
      onStrayResponse: (response, from) => userAgent.onStrayResponse(response, from),
    },
    timers,
    counters,
    maxTransactions: options.maxTransactions ?? defaultMaxTransactions,
  });
  const identity = new Identity(transport.local, publicHost(options));
  const context: Context = {
    layer,
    dialogs: new DialogTable((count) => (counters.dialogs = count)),
    incoming: new Map(),
    incomingOf: new Map(),
    outgoing: new Map(),
    apps: registry,
    identity,
    timers,
    counters,
    limits: { maxDialogs: options.maxDialogs ?? defaultMaxDialogs },
    log,
    natRepair: options.natRepair ?? true,
    closing: false,
  };
  const userAgent = new UserAgent(context);
  const admin = new AdminServer({
    secret: options.secret,
    welcome: () => ({
      hostports: identity.hostports('outside'),
      version: edgeVersion,
      localHostports: identity.hostports('local'),
    }),
    registry,
    requests: userAgent,
    timers,
    log,
  });
  const sipPort = transport.local[0]?.port ?? options.port;
  try {
    const adminPort = await admin.listen(options.adminHost ?? '127.0.0.1', options.adminPort);
    agent = userAgent;
    log.info({ sipPort, adminPort, host: options.host }, 'SIP edge is up');
    const close = closer(context, userAgent, admin, transport);
    return { sipPort, adminPort, counters, transportCounters: transport.counters, close };
  } catch (error) {
    await transport.close();
    throw error;
  }
}

/** Goodbyes, then what was opened, backwards. */
function closer(
  context: Context,
  userAgent: UserAgent,
  admin: AdminServer,
  transport: Transport,
): (graceMs?: number) => Promise<void> {
  let closed: Promise<void> | undefined;
  const run = async (graceMs: number): Promise<void> => {
    userAgent.endAll();
    await quiet(context, graceMs);
    await admin.close();
    await transport.close();
    userAgent.forgetAll();
    context.log.info({}, 'SIP edge is down');
  };
  return (graceMs = defaultGraceMs) => (closed ??= run(graceMs));
}

/** Until all dialogs are gone and all BYEs answered, or the time is up. Real time: a stop is no matter of SIP's. */
async function quiet(context: Context, graceMs: number): Promise<void> {
  const end = performance.now() + graceMs;
  const busy = (): boolean =>
    context.dialogs.size > 0 ||
    [...context.outgoing.values()].some(({ finalStatus }) => finalStatus === undefined);
  while (busy() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Bound to all addresses, the first one that is not loopback stands for them. */
function publicHost({ host, publicIp }: EdgeOptions): string {
  if (publicIp) return publicIp;
  if (host !== '0.0.0.0' && host !== '::') return host;
  const family = isIPv6(host) ? 'IPv6' : 'IPv4';
  const candidates = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return candidates.find((each) => each.family === family && !each.internal)?.address ?? host;
}

import { isIPv6 } from 'node:net';
import { AppRegistry } from './admin/apps.ts';
import { AdminServer } from './admin/server.ts';
import { Identity } from './core/identity.ts';
import { knownMethods } from './core/rules.ts';
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
import { WatchedCertificates } from './transport/certificates.ts';
import type { TlsFiles } from './transport/certificates.ts';
import { openTransport } from './transport/open.ts';
import { CachedDns, systemDns } from './transport/resolve/dns.ts';
import type { Family } from './transport/resolve/dns.ts';
import { resolveTargets } from './transport/resolve/targets.ts';
import type {
  LocalAddress,
  TlsOptions,
  Transport,
  TransportHandlers,
  TransportName,
  TransportTuning,
  WebSocketOptions,
} from './transport/types.ts';

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
  /** What peers see in Contact and Via, for each family one; none: the bound address. */
  readonly publicAddresses?: readonly string[];
  /** Required for TLS and WSS; changes of the files are taken up. */
  readonly tlsFiles?: TlsFiles;
  /** Each of these is closed when left out. */
  readonly tls?: TlsOptions;
  readonly ws?: WebSocketOptions;
  readonly wss?: WebSocketOptions;
  /** Name servers, `192.0.2.53` or `192.0.2.53:5353`; none: the system's. */
  readonly dnsServers?: readonly string[];
  readonly timers?: Timers;
  readonly log?: EdgeLog;
  readonly maxTransactions?: number;
  readonly maxDialogs?: number;
  /** Methods that the edge's own 405 names; left out: all that applications can route. */
  readonly allow?: readonly string[];
  /** In-dialog requests to a caller whose Contact is private, though it is not, go where it called from. */
  readonly natRepair?: boolean;
  /** For tests. */
  readonly tuning?: Partial<TransportTuning>;
}

export interface Edge {
  readonly sipPort: number;
  /** All that is open. */
  readonly listening: readonly LocalAddress[];
  readonly adminPort: number;
  /** Live numbers; the object stays the same. */
  readonly counters: Readonly<EdgeCounters>;
  readonly transportCounters: Transport['counters'];
  /** Reads the certificate's files again, as it does by itself when they change. */
  reloadCertificates(): void;
  /** Says BYE to all calls and waits for the answers, `graceMs` at most. Idempotent. */
  close(graceMs?: number): Promise<void>;
}

/** Beyond these a flood is refused; a gateway of this size carries some hundred calls. */
const defaultMaxTransactions = 10_000;
const defaultMaxDialogs = 4_000;
const defaultGraceMs = 2_000;

/**
 * The embedded SIP edge: SIP on one side, drachtio-server's admin protocol on the other. Throws `TransportError` or
 * Node's error when a port is in use, `CertificateError` when there is no TLS with these files.
 */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { timers = systemTimers, log = silentLog } = options;
  const counters = newCounters();
  const registry = new AppRegistry();
  // The wire and the UA core need each other. What the wire tells before both are there (it opens one transport after
  // the other, and somebody may come and go meanwhile) is for nobody: peers repeat what they get no answer to.
  let core: { readonly agent: UserAgent; readonly layer: TransactionLayer } | undefined;
  const { transport, certificates } = await openWire(options, {
    onMessage: (message, from, receivedOn) => core?.agent.receive(message, from, receivedOn),
    onInvalid: (error, from) => core?.agent.receiveInvalid(error, from),
    onPeerError: (peer, error) => core?.layer.peerFailed(peer, error),
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
  const identity = new Identity(transport.local, options.publicAddresses ?? []);
  const context: Context = {
    layer,
    dialogs: new DialogTable((count) => (counters.dialogs = count)),
    incoming: new Map(),
    incomingOf: new Map(),
    outgoing: new Map(),
    apps: registry,
    identity,
    wire: wireOf(options, transport),
    timers,
    counters,
    limits: { maxDialogs: options.maxDialogs ?? defaultMaxDialogs },
    log,
    allow: options.allow ?? [...knownMethods],
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
    core = { agent: userAgent, layer };
    log.info({ listens: identity.hostports('local'), adminPort }, 'SIP edge is up');
    const close = closer(context, userAgent, admin, async () => {
      certificates?.close();
      await transport.close();
    });
    return {
      ...{ sipPort, adminPort, listening: transport.local },
      ...{ counters, transportCounters: transport.counters },
      reloadCertificates: () => certificates?.reload(),
      close,
    };
  } catch (error) {
    certificates?.close();
    await transport.close();
    throw error;
  }
}

async function openWire(
  { host, port, tlsFiles, tls, ws, wss, tuning, log = silentLog }: EdgeOptions,
  handlers: TransportHandlers,
): Promise<{ transport: Transport; certificates: WatchedCertificates | undefined }> {
  const certificates = tlsFiles && new WatchedCertificates(tlsFiles, log);
  try {
    const transport = await openTransport({
      ...{ address: host, port, log, ...handlers },
      ...(certificates && { certificates }),
      ...(tls && { tls }),
      ...(ws && { ws }),
      ...(wss && { wss }),
      ...(tuning && { tuning }),
    });
    return { transport, certificates };
  } catch (error) {
    certificates?.close();
    throw error;
  }
}

function wireOf({ host, dnsServers = [] }: EdgeOptions, transport: Transport): Context['wire'] {
  const facts = {
    dns: new CachedDns(systemDns(dnsServers)),
    families: familiesOf(host),
    canDial: (name: TransportName) => transport.canDial(name),
  };
  return {
    resolve: (uri) => resolveTargets(uri, facts),
    isConnected: (peer) => transport.isConnected(peer),
  };
}

/** Goodbyes, then what was opened, backwards. */
function closer(
  context: Context,
  userAgent: UserAgent,
  admin: AdminServer,
  closeTransport: () => Promise<void>,
): (graceMs?: number) => Promise<void> {
  let closed: Promise<void> | undefined;
  const run = async (graceMs: number): Promise<void> => {
    userAgent.endAll();
    await quiet(context, graceMs);
    await admin.close();
    await closeTransport();
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

/** Those that our sockets reach; IPv4 first, as where both lead to a peer that is the way most others go. */
function familiesOf(host: string): readonly Family[] {
  if (host === '::') return [4, 6];
  return isIPv6(host) ? [6] : [4];
}

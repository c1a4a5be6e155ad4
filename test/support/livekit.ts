/**
 * A LiveKit for tests: the one that LIVEKIT_URL names, else a server process of our own on free loopback
 * ports. Several test files share this; each starts its own server and closes it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AccessToken, RoomServiceClient, type VideoGrant } from 'livekit-server-sdk';
import { freePort } from '../../gateway/config/ports-in-use.ts';
import { findOnPath, isExecutable } from './find-program.ts';

/** The version that the set-up builds; its cache holds the binary under this name. */
const CACHED_BINARY = join(homedir(), '.cache', 'interop-gateway', 'bin', 'livekit-server-v1.13.5');

export interface LiveKit {
  /** `ws://…`, for clients. */
  readonly url: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  /** True when the server is a process of ours, which a test may kill and restart. */
  readonly managed: boolean;
  readonly pid: number | null;
  /** Where the server of ours takes media; null when it is somebody else's. */
  readonly mediaPort: number | null;
  /** A token for one participant of one room, good for ten minutes. */
  token(identity: string, room: string, more?: TokenOptions): Promise<string>;
  rooms(): RoomServiceClient;
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>;
  /** Starts the killed server again on the same ports. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface TokenOptions {
  readonly grants?: VideoGrant;
  readonly name?: string;
  readonly attributes?: Record<string, string>;
  /** Ten minutes when left out. */
  readonly lifeSeconds?: number;
}

/** LiveKit takes a token for so long after its end. */
export const TOKEN_LEEWAY_SECONDS = 60;

export interface LiveKitOptions {
  /** Mime types that rooms take; the server's own list when left out. */
  readonly enabledCodecs?: readonly string[];
  /** Names this address for media, as behind a 1:1 NAT, and sends nothing but answers; 127.0.0.1 when left out. */
  readonly mediaAddress?: string;
  /** `host:port` of the Redis over which it finds LiveKit's other services; none when left out. */
  readonly redisAddress?: string;
}

/** Where a livekit-server is: LIVEKIT_SERVER_BIN, PATH, the set-up's cache; null when nowhere. */
export function findLiveKitBinary(): string | null {
  const named = process.env.LIVEKIT_SERVER_BIN;
  if (named !== undefined && named !== '') return isExecutable(named) ? named : null;
  return findOnPath('livekit-server') ?? (isExecutable(CACHED_BINARY) ? CACHED_BINARY : null);
}

/** Says what is missing for LiveKit tests, or null when they can run. */
export function missingForLiveKit(): string | null {
  if (process.env.LIVEKIT_URL !== undefined || findLiveKitBinary() !== null) return null;
  return 'no LiveKit: set LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET, or LIVEKIT_SERVER_BIN, or run the set-up';
}

/** Leaves a test out, loudly, that must kill or configure its server when the server is somebody else's. */
export function needsOwnLiveKit(livekit: LiveKit, skip: (note: string) => void): void {
  if (livekit.managed) return;
  const note = 'needs a LiveKit of its own: run it without LIVEKIT_URL';
  console.warn(`LEFT OUT: ${note}`);
  skip(note);
}

/** The LiveKit that the environment names, or a fresh server. Throws with what is missing. */
export async function startLiveKit(options: LiveKitOptions = {}): Promise<LiveKit> {
  const { LIVEKIT_URL: url, LIVEKIT_API_KEY: key, LIVEKIT_API_SECRET: secret } = process.env;
  if (url !== undefined && url !== '' && Object.keys(options).length === 0) {
    if (!key || !secret) throw new Error('LIVEKIT_URL needs LIVEKIT_API_KEY and LIVEKIT_API_SECRET');
    return handle(url, key, secret, null);
  }
  const binary = findLiveKitBinary();
  if (binary === null) throw new Error(missingForLiveKit() ?? 'no livekit-server binary');
  const server = new ServerProcess(binary, options);
  await server.start();
  return handle(server.url, server.apiKey, server.apiSecret, server);
}

function handle(url: string, apiKey: string, apiSecret: string, server: ServerProcess | null): LiveKit {
  const managed = (): ServerProcess => {
    if (server === null) throw new Error('this LiveKit is not ours to kill');
    return server;
  };
  return {
    url,
    apiKey,
    apiSecret,
    managed: server !== null,
    get pid() {
      return server?.pid ?? null;
    },
    mediaPort: server?.mediaPort ?? null,
    token(identity, room, more = {}) {
      const token = new AccessToken(apiKey, apiSecret, {
        identity,
        ttl: more.lifeSeconds ?? 600,
        ...(more.name === undefined ? {} : { name: more.name }),
        ...(more.attributes === undefined ? {} : { attributes: more.attributes }),
      });
      token.kind = more.grants?.canSubscribe === false ? 'sip' : 'standard';
      token.addGrant({ roomJoin: true, room, canPublish: true, canSubscribe: true, ...more.grants });
      return token.toJwt();
    },
    rooms: () => new RoomServiceClient(url.replace(/^ws/, 'http'), apiKey, apiSecret),
    kill: () => managed().kill(),
    restart: () => managed().start(),
    close: () => server?.close() ?? Promise.resolve(),
  };
}

class ServerProcess {
  readonly apiKey = 'testkey';
  readonly apiSecret = randomBytes(24).toString('hex');
  readonly #binary: string;
  readonly #options: LiveKitOptions;
  #folder = '';
  #port = 0;
  #mediaPort = 0;
  #child: ChildProcess | null = null;
  #output = '';

  constructor(binary: string, options: LiveKitOptions) {
    this.#binary = binary;
    this.#options = options;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  get mediaPort(): number {
    return this.#mediaPort;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  async start(): Promise<void> {
    if (this.#folder === '') {
      this.#folder = await mkdtemp(join(tmpdir(), 'gateway-livekit-'));
      this.#port = await freePort('127.0.0.1');
      this.#mediaPort = await freePort('127.0.0.1');
      const config = loopbackConfig(this.#port, this.#mediaPort, this.apiKey, this.apiSecret, this.#options);
      // JSON is YAML.
      await writeFile(join(this.#folder, 'livekit.json'), JSON.stringify(config));
    }
    const child = spawn(this.#binary, ['--config', join(this.#folder, 'livekit.json')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    const keep = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString()).slice(-4000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    await this.#untilHealthy(child);
  }

  async #untilHealthy(child: ChildProcess): Promise<void> {
    const deadline = AbortSignal.timeout(20_000);
    const health = this.url.replace(/^ws/, 'http');
    while (!deadline.aborted) {
      if (child.exitCode !== null) throw new Error(`livekit-server ended at its start:\n${this.#output}`);
      const answer = await fetch(health, { signal: AbortSignal.timeout(1000) }).catch(() => null);
      if (answer?.ok === true) return;
      await pause(50);
    }
    throw new Error(`livekit-server did not answer within 20 s:\n${this.#output}`);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    // SIGTERM would drain: wait for every participant to go.
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async close(): Promise<void> {
    await this.kill();
    if (this.#folder !== '') await rm(this.#folder, { recursive: true, force: true });
  }
}

function loopbackConfig(
  port: number,
  udpPort: number,
  key: string,
  secret: string,
  options: LiveKitOptions,
): object {
  return {
    port,
    bind_addresses: ['127.0.0.1'],
    keys: { [key]: secret },
    logging: { level: 'info' },
    ...(options.redisAddress === undefined ? {} : { redis: { address: options.redisAddress } }),
    rtc: {
      udp_port: udpPort,
      // Left out it is 7881, on all addresses whatever bind_addresses says.
      tcp_port: 0,
      node_ip: options.mediaAddress ?? '127.0.0.1',
      // Without it the server would look for ways past the NAT, and on loopback find one.
      use_ice_lite: options.mediaAddress !== undefined,
      use_external_ip: false,
      enable_loopback_candidate: true,
      interfaces: { includes: ['lo'] },
      ips: { includes: ['127.0.0.1/32'] },
      // An empty list hands clients public servers.
      stun_servers: ['127.0.0.1:3478'],
    },
    room: {
      auto_create: true,
      enable_remote_unmute: true,
      departure_timeout: 2,
      ...(options.enabledCodecs === undefined
        ? {}
        : { enabled_codecs: options.enabledCodecs.map((mime) => ({ mime })) }),
    },
  };
}

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { inUri, isUnspecified, nearAddress } from '../config/outside.ts';
import { GatewayError } from '../errors.ts';
import type { Log } from '../ports.ts';
import { forgetLiveKit, noteLiveKit } from './leftover-livekit.ts';

const readyMs = 20_000;
/** SIGTERM makes LiveKit wait for its participants; nobody waits longer than this. */
const drainMs = 500;
const longestPauseMs = 10_000;

export interface LocalLiveKitOptions {
  readonly binary: string;
  readonly host: string;
  /** Address that browsers reach media at; the bound one on loopback. */
  readonly outside: string;
  readonly port: number;
  /** One UDP port carries the media of all participants. */
  readonly udpPort: number;
  readonly dataFolder: string;
  readonly log: Log;
}

export interface LocalLiveKit {
  readonly url: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly version: string | null;
  /** Null: it doesn't run, or doesn't answer yet. */
  pid(): number | null;
  close(): Promise<void>;
}

/** LiveKit could not be started. */
export class LiveKitNotStarted extends GatewayError {
  constructor(message: string, cause?: unknown) {
    super({
      code: 'LIVEKIT_NOT_STARTED',
      httpStatus: 503,
      message,
      remedy: 'Run npm start again, which builds livekit-server, or set LIVEKIT_URL to a running one.',
      cause,
    });
  }
}

/** Starts a LiveKit of our own and keeps it running. Keys are new at every start and stay in memory. */
export async function startLocalLiveKit(options: LocalLiveKitOptions): Promise<LocalLiveKit> {
  const server = new LiveKitProcess(options);
  await server.start();
  return server;
}

class LiveKitProcess implements LocalLiveKit {
  readonly url: string;
  readonly apiKey = 'gateway';
  readonly apiSecret = randomBytes(32).toString('base64url');
  version: string | null = null;
  readonly #options: LocalLiveKitOptions;
  readonly #closing = new AbortController();
  #process: ChildProcess | null = null;
  /** The one that answers. */
  #answering: ChildProcess | null = null;

  constructor(options: LocalLiveKitOptions) {
    this.#options = options;
    this.url = `ws://${inUri(nearAddress(options.host))}:${options.port}`;
  }

  pid(): number | null {
    const { exitCode, signalCode, pid } = this.#answering ?? {};
    return exitCode === null && signalCode === null ? (pid ?? null) : null;
  }

  async start(): Promise<void> {
    void this.#supervise(await this.#launch());
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const process = this.#process;
    if (process?.exitCode !== null || process.signalCode !== null) return;
    const exited = once(process, 'exit');
    process.kill('SIGTERM');
    const killer = setTimeout(() => process.kill('SIGKILL'), drainMs);
    await exited;
    clearTimeout(killer);
    forgetLiveKit(this.#options.dataFolder);
  }

  /** Starts it once; resolves when it answers. */
  async #launch(): Promise<ChildProcess> {
    const { binary, log } = this.#options;
    const process = spawn(binary, [], {
      // By environment, so that the keys stand in no file and no process list.
      env: { LIVEKIT_CONFIG: JSON.stringify(this.#config()) },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C reaches the whole process group; calls must be ended before the rooms go.
      detached: true,
    });
    const failed = once(process, 'error').then(([error]) => {
      throw new LiveKitNotStarted(`“${binary}” could not be run.`, error);
    });
    this.#process = process;
    if (process.pid !== undefined) noteLiveKit(this.#options.dataFolder, process.pid);
    const last = this.#readLog(process, log.child({ part: 'livekit' }));
    await Promise.race([failed, this.#untilReady(process, last)]);
    failed.catch(() => undefined);
    this.#answering = process;
    return process;
  }

  async #supervise(first: ChildProcess): Promise<void> {
    let running: ChildProcess | null = first;
    let pauseMs = 0;
    const { signal } = this.#closing;
    for (;;) {
      if (running) {
        if (running.exitCode === null && running.signalCode === null) await once(running, 'exit');
        if (!signal.aborted) this.#options.log.warn({}, 'LiveKit ended and is started again');
      }
      if (signal.aborted) return;
      await pause(pauseMs, undefined, { signal }).catch(() => undefined);
      if (isAborted(signal)) return;
      pauseMs = Math.min(longestPauseMs, pauseMs * 2 + 250);
      running = await this.#launch().catch(() => null);
    }
  }

  async #untilReady(process: ChildProcess, lastLine: () => string): Promise<void> {
    const deadlineMs = performance.now() + readyMs;
    const address = this.url.replace(/^ws/, 'http');
    while (performance.now() < deadlineMs && !this.#closing.signal.aborted) {
      if (process.exitCode !== null) throw new LiveKitNotStarted(`LiveKit ended at its start: ${lastLine()}`);
      const answer = await fetch(address, { signal: AbortSignal.timeout(1000) }).catch(() => null);
      if (answer?.ok === true) return;
      await pause(25);
    }
    process.kill('SIGKILL');
    throw new LiveKitNotStarted(`LiveKit did not answer within ${readyMs / 1000} s: ${lastLine()}`);
  }

  #readLog(process: ChildProcess, log: Log): () => string {
    let last = '';
    for (const stream of [process.stdout, process.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        last = line;
        this.version ??= /"version": ?"([^"]+)"/.exec(line)?.[1] ?? null;
        if (/\t(ERROR|FATAL)\t/.test(line)) log.warn({ line: discreet(line) }, 'LiveKit reports an error');
      });
    }
    return () => last;
  }

  #config(): object {
    const { host, outside, port, udpPort } = this.#options;
    const loopback = host === '127.0.0.1';
    return {
      port,
      bind_addresses: [host],
      keys: { [this.apiKey]: this.apiSecret },
      logging: { level: 'info' },
      room: { auto_create: true, enable_remote_unmute: true, departure_timeout: 5 },
      rtc: {
        udp_port: udpPort,
        // Left out it is 7881, on every address whatever bind_addresses says.
        tcp_port: 0,
        use_external_ip: false,
        // Bound to all addresses, the media node is next door and a browser may be.
        enable_loopback_candidate: loopback || isUnspecified(host),
        ...(loopback
          ? { node_ip: host, interfaces: { includes: ['lo'] }, ips: { includes: ['127.0.0.1/32'] } }
          : { node_ip: outside }),
        // With an empty list clients are given public servers.
        stun_servers: ['127.0.0.1:3478'],
      },
    };
  }
}

/** A caller's identity is made of the number. */
export function discreet(line: string): string {
  return line.replaceAll(/sip_\+?\d{3,}/g, (identity) => `sip_…${identity.slice(-2)}`);
}

/** Asked again after a wait: the compiler takes the first answer for the last. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** LiveKit's own SIP service in the gateway's place, with the Redis and the LiveKit that it needs, all on loopback. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SipClient } from 'livekit-server-sdk';
import { freePort } from '../../gateway/config/ports-in-use.ts';
import { findOnPath, isExecutable } from '../support/find-program.ts';
import { startLiveKit } from '../support/livekit.ts';
import type { LiveKit } from '../support/livekit.ts';
import { countParticipantsLeft } from './leaks.ts';
import { startUntilReady } from './ready-child.ts';
import type { Subject } from './subject.ts';

const host = '127.0.0.1';
/** Below the range from which Linux gives out ports by itself. */
const rtpPorts = '20000-32000';

/** Says what is missing to measure LiveKit's SIP service, or null. */
export function missingForLiveKitSip(binary: string): string | null {
  if (!isExecutable(binary))
    return `--livekit-sip ${binary}: there is no such program; build github.com/livekit/sip/cmd/livekit-sip and name its binary`;
  if (findOnPath('redis-server') === null)
    return '--livekit-sip needs redis-server on PATH: LiveKit and its SIP service meet there (apt-get install redis-server)';
  return null;
}

export class LiveKitSip implements Subject {
  readonly sipPort: number;
  readonly livekit: LiveKit;
  readonly #pid: number;

  private constructor(sipPort: number, livekit: LiveKit, pid: number) {
    this.sipPort = sipPort;
    this.livekit = livekit;
    this.#pid = pid;
  }

  /** Registers a closer for each process that it starts. */
  static async start(binary: string, onClose: (close: () => Promise<void>) => void): Promise<LiveKitSip> {
    const folder = await mkdtemp(join(tmpdir(), 'livekit-sip-bench-'));
    onClose(() => rm(folder, { recursive: true, force: true }));
    const redisPort = await freePort(host);
    const redisAddress = `${host}:${redisPort}`;
    const redis = await startUntilReady(
      'redis-server',
      [...['--port', String(redisPort), '--bind', host, '--dir', folder], ...['--save', '']],
      'Ready to accept connections',
    );
    onClose(() => redis.close());
    const livekit = await startLiveKit({ redisAddress });
    onClose(() => livekit.close());
    const sipPort = await freePort(host);
    const file = join(folder, 'livekit-sip.json');
    // JSON is YAML.
    await writeFile(file, JSON.stringify(configOf(livekit, sipPort, redisAddress)));
    const service = await startUntilReady(binary, ['--config', file], 'sip signaling listening on');
    onClose(() => service.close());
    await routeEverything(livekit);
    return new LiveKitSip(sipPort, livekit, service.pid);
  }

  pids(): Map<string, number> {
    return new Map([['LiveKit SIP', this.#pid]]);
  }

  /** It has no list of calls; a call is over when its caller has left the room. */
  async untilNoCalls(deadlineMs: number): Promise<boolean> {
    const deadline = AbortSignal.timeout(deadlineMs);
    while ((await countParticipantsLeft(this.livekit)) > 0) {
      if (deadline.aborted) return false;
      await pause(100);
    }
    return true;
  }
}

function configOf({ apiKey, apiSecret, url }: LiveKit, sipPort: number, redisAddress: string): object {
  return {
    api_key: apiKey,
    api_secret: apiSecret,
    ws_url: url,
    redis: { address: redisAddress },
    sip_port: sipPort,
    rtp_port: rtpPorts,
    listen_ip: host,
    // The one way to make it name a loopback address: it looks for others by itself.
    nat_1_to_1_ip: host,
    // By default it refuses calls when the machine is 90 % busy, whoever keeps it so.
    max_cpu_utilization: 1,
    logging: { level: 'info' },
  };
}

/** Whoever calls from this machine gets into the room that he calls, as with the gateway's plan. */
async function routeEverything({ url, apiKey, apiSecret }: LiveKit): Promise<void> {
  const client = new SipClient(url.replace(/^ws/, 'http'), apiKey, apiSecret);
  const trunk = await client.createSipInboundTrunk('bench', [], { allowedAddresses: [`${host}/32`] });
  await client.createSipDispatchRule(
    { type: 'callee', roomPrefix: '' },
    { name: 'rooms by name', trunkIds: [trunk.sipTrunkId] },
  );
}

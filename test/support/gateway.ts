/**
 * A whole gateway for end-to-end tests: the product's own composition on free loopback ports with its data in a
 * temporary folder. LiveKit, SIP edge, media node and engine are real processes, or
 * those that the tester has chosen (chosen-parts.ts).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { loadConfig } from '../../gateway/config/load.ts';
import { startGateway } from '../../gateway/gateway.ts';
import type { CallRecord, CallView } from '../../gateway/ports.ts';
import type { Facts } from '../../gateway/welcome.ts';
import { callsPort, chosenParts } from './chosen-parts.ts';
import { findLiveKitBinary, missingForLiveKit } from './livekit.ts';

export const adminToken = 'test-admin-token';

export interface TestGateway {
  readonly facts: Facts;
  readonly sipPort: number;
  readonly httpUrl: string;
  /** All that the gateway logged so far. */
  log(): string;
  /** A request to the API with the admin token. */
  api(
    path: string,
    init?: { method?: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<{ status: number; body: unknown }>;
  calls(): Promise<readonly CallView[]>;
  records(): Promise<readonly CallRecord[]>;
  meeting(room: string, more?: object): Promise<{ id: string; pins: { host: string; guest: string } }>;
  close(): Promise<void>;
}

/** Says what is missing, or null. */
export const missingForGateway = missingForLiveKit;

/** `options` are the gateway's own, such as `['--calls.pinSeconds', '1']`. */
export async function startTestGateway(options: readonly string[] = []): Promise<TestGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-test-'));
  const config = loadConfig({
    argv: [
      ...[
        '--dataFolder',
        folder,
        '--adminToken',
        adminToken,
        '--log.pretty',
        'false',
        '--log.level',
        'debug',
      ],
      ...['--sip.port', '0', '--sip.tls.port', '0', '--sip.adminPort', '0'],
      ...['--http.port', '0', '--livekit.port', '0'],
      ...['--livekit.binary', findLiveKitBinary() ?? ''],
      ...options,
    ],
    env: { ...livekitOfTester(), ...chosenParts() },
    folder,
  });
  let logged = '';
  const out = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logged += chunk.toString();
      done();
    },
  });
  const gateway = await startGateway(config, out);
  const { facts } = gateway;
  const httpUrl = `http://127.0.0.1:${facts.config.http.port}`;
  const api: TestGateway['api'] = async (path, init = {}) => {
    const response = await fetch(`${httpUrl}/api/v1${path}`, {
      method: init.method ?? 'GET',
      headers: {
        authorization: `Bearer ${adminToken}`,
        ...init.headers,
        ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
  };
  return {
    facts,
    sipPort: callsPort(facts.config.sip.port),
    httpUrl,
    log: () => logged,
    api,
    calls: async () => ((await api('/calls')).body as { calls: CallView[] }).calls,
    records: async () => ((await api('/records/calls?limit=100')).body as { calls: CallRecord[] }).calls,
    async meeting(room, more = {}) {
      const { status, body } = await api('/meetings', { method: 'POST', body: { room, ...more } });
      if (status !== 201) throw new Error(`meeting not made: ${status} ${JSON.stringify(body)}`);
      return body as { id: string; pins: { host: string; guest: string } };
    },
    async close() {
      await gateway.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A LiveKit that the tester names is used instead of one of our own. */
function livekitOfTester(): Record<string, string | undefined> {
  const { LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET } = process.env;
  return { LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET };
}

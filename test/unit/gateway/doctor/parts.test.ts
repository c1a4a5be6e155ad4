import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readiness } from '../../../../gateway/admin/schemas.ts';
import { loadConfig } from '../../../../gateway/config/load.ts';
import type { Config } from '../../../../gateway/config/schema.ts';
import { ToneEar, toneSource } from '../../../../gateway/doctor/call/tone.ts';
import { sipPlaces } from '../../../../gateway/doctor/call/sip-place.ts';
import { checkDatabase } from '../../../../gateway/doctor/checks/database.ts';
import { checkDrachtio } from '../../../../gateway/doctor/checks/drachtio.ts';
import { gatewayFindings } from '../../../../gateway/doctor/checks/gateway.ts';
import { checkLiveKit } from '../../../../gateway/doctor/checks/livekit.ts';
import type { LiveKitOutside } from '../../../../gateway/doctor/checks/livekit.ts';
import { checkSip } from '../../../../gateway/doctor/checks/sip.ts';
import { lookAtDatabase } from '../../../../gateway/records/look.ts';
import { openDatabase } from '../../../../gateway/records/database.ts';
import { quietLog } from '../../../support/quiet-log.ts';

const never = new AbortController().signal;
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doctor-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function config(env: Record<string, string> = {}, ...options: string[]): Config {
  return loadConfig({ argv: ['--dataFolder', folder, ...options], env, folder });
}

const up = { state: 'up', embedded: true, version: '1.13.5', pid: 7 } as const;
const { parts } = readiness.parse({
  status: 'ready',
  parts: {
    sip: { ...up, servers: [], trunks: [] },
    rooms: up,
    records: up,
    plans: up,
    media: [
      {
        ...up,
        id: 'node-1',
        legs: 0,
        rooms: 0,
        engine: { kind: 'embedded', state: 'up', pid: 8 },
        pictures: null,
      },
    ],
    mixing: null,
  },
});

describe('the gateway', () => {
  it('is left out when none runs, and its parts that are down are named', () => {
    expect(gatewayFindings(null, '127.0.0.1:8080')).toMatchObject([
      { state: 'left-out', what: 'none answers at 127.0.0.1:8080' },
    ]);
    expect(gatewayFindings(parts, 'here')).toMatchObject([{ state: 'ok' }]);
    const broken = { ...parts, rooms: { ...up, state: 'down' as const, detail: 'LiveKit does not answer' } };
    expect(gatewayFindings(broken, 'here')).toMatchObject([
      { state: 'failed', what: 'It runs at here, but rooms is down.', why: 'LiveKit does not answer' },
    ]);
    const late = { ...parts, plans: { ...up, state: 'down' as const, detail: '2 mistakes in newer plans' } };
    expect(gatewayFindings(late, 'here')).toMatchObject([
      { state: 'failed', what: 'It runs at here, but plans is down.', why: '2 mistakes in newer plans' },
    ]);
  });
});

describe('LiveKit', () => {
  const well: LiveKitOutside = {
    get: () => Promise.resolve({ status: 200, date: new Date().toUTCString() }),
    listRooms: () => Promise.resolve([]),
    versionOf: () => Promise.resolve('livekit-server version 1.13.5'),
  };
  const elsewhere = () =>
    config({
      LIVEKIT_URL: 'ws://livekit.example:7880',
      LIVEKIT_API_KEY: 'key',
      LIVEKIT_API_SECRET: 'a secret',
    });

  it('answers and takes our key', async () => {
    expect(await checkLiveKit(elsewhere(), null, well, never)).toEqual([
      { state: 'ok', what: 'ws://livekit.example:7880 answers and takes our key' },
    ]);
  });

  it('that refuses the key, is not there or is another program is told apart', async () => {
    const refuses = () => Promise.reject(Object.assign(new Error('unauthorized'), { status: 401 }));
    expect(await checkLiveKit(elsewhere(), null, { ...well, listRooms: refuses }, never)).toMatchObject([
      { state: 'failed', what: 'LiveKit at ws://livekit.example:7880 refuses our key or secret.' },
    ]);
    const gone = () =>
      Promise.reject(new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }));
    expect(await checkLiveKit(elsewhere(), null, { ...well, get: gone }, never)).toMatchObject([
      { state: 'failed', why: 'connect ECONNREFUSED' },
    ]);
    const other = () => Promise.reject(Object.assign(new Error('Not Found'), { status: 404 }));
    const [finding] = await checkLiveKit(elsewhere(), null, { ...well, listRooms: other }, never);
    expect(finding.what).toContain('is no LiveKit room service');
  });

  it('whose clock is off is a warning', async () => {
    const late = () => Promise.resolve({ status: 200, date: new Date(Date.now() - 20_000).toUTCString() });
    const [skew, key] = await checkLiveKit(elsewhere(), null, { ...well, get: late }, never);
    expect([skew.state, key.state]).toEqual(['warning', 'ok']);
  });

  it('of the gateway’s own: runs, or its program can be run', async () => {
    expect(await checkLiveKit(config(), parts, well, never)).toEqual([
      { state: 'ok', what: 'started by the gateway, livekit-server 1.13.5' },
    ]);
    const missing = () => Promise.reject(new Error('spawn livekit-server ENOENT'));
    expect(await checkLiveKit(config(), null, { ...well, versionOf: missing }, never)).toMatchObject([
      { state: 'failed', what: 'LiveKit’s program can’t be run: livekit-server.' },
    ]);
  });
});

describe('SIP', () => {
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000 + 3_600_000).toUTCString();
  const udp = { transport: 'udp', host: '127.0.0.1', port: 5060 } as const;
  const tls = { transport: 'tls', host: '127.0.0.1', port: 5061 } as const;
  const wss = { transport: 'wss', host: '127.0.0.1', port: 7443 } as const;
  const answers = (status: number, valid_to = inDays(300)) => ({
    options: ({ transport }: { transport: string }) =>
      Promise.resolve({ status, certificate: transport === 'udp' ? null : { valid_to } }),
  });

  it('is answered by every transport, and the certificate’s end is told', async () => {
    expect(await checkSip(config(), [udp, tls, wss], answers(200), never)).toEqual([
      {
        state: 'ok',
        what: 'OPTIONS is answered over UDP at 127.0.0.1:5060, TLS at 127.0.0.1:5061, WSS at 127.0.0.1:7443',
      },
      { state: 'ok', what: 'its certificate is good for 300 days' },
    ]);
    const [, soon] = await checkSip(config(), [tls], answers(200, inDays(3)), never);
    expect(soon).toMatchObject({ state: 'warning', what: 'SIP’s certificate ends in 3 days.' });
    const [, over] = await checkSip(config(), [tls], answers(200, inDays(-3)), never);
    expect(over.state).toBe('failed');
  });

  it('that is refused or not answered is failed', async () => {
    const [refused] = await checkSip(config(), [udp], answers(480), never);
    expect(refused.what).toBe('SIP over UDP at 127.0.0.1:5060 answers OPTIONS with 480.');
    const silent = { options: () => Promise.reject(new Error('no answer within 4 s')) };
    expect(await checkSip(config(), [udp], silent, never)).toMatchObject([
      {
        state: 'failed',
        what: 'SIP over UDP at 127.0.0.1:5060 is not answered.',
        why: 'no answer within 4 s',
      },
    ]);
    expect(await checkSip(config({}, '--sip.tls.clients', 'require'), [tls], silent, never)).toMatchObject([
      { state: 'warning' },
    ]);
  });

  it('is where the configuration says, or where drachtio-servers have told', () => {
    expect(sipPlaces(config({}, '--host', '0.0.0.0'), parts)).toEqual([
      { transport: 'udp', host: '127.0.0.1', port: 5060 },
      { transport: 'tcp', host: '127.0.0.1', port: 5060 },
      { transport: 'tls', host: '127.0.0.1', port: 5061 },
    ]);
    const web = config({}, '--sip.ws.listen', 'on', '--sip.wss.listen', 'on', '--sip.wss.port', '443');
    expect(sipPlaces(web, parts).slice(3)).toEqual([
      { transport: 'ws', host: '127.0.0.1', port: 5066 },
      { transport: 'wss', host: '127.0.0.1', port: 443 },
    ]);
    const detail = 'udp/10.0.0.5:5060,tls/[fd00::5]:5061,wss/10.0.0.5:7443';
    const told = { ...parts, sip: { ...parts.sip, detail } };
    expect(sipPlaces(config({ DRACHTIO_HOST: '10.0.0.5' }), told)).toEqual([
      { transport: 'udp', host: '10.0.0.5', port: 5060 },
      { transport: 'tls', host: 'fd00::5', port: 5061 },
      { transport: 'wss', host: '10.0.0.5', port: 7443 },
    ]);
  });
});

describe('drachtio-server', () => {
  const servers: Server[] = [];
  afterEach(() => servers.splice(0).forEach((server) => server.close()));

  /** Answers each authenticate as drachtio-server does. */
  async function listening(answer: string): Promise<Config> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        const id = /#([^|]+)\|authenticate/.exec(String(data))?.[1];
        if (id === undefined) return;
        const payload = `0b5e1f7c|response|${id}|${answer}`;
        socket.write(answer === 'SSH-2.0' ? answer : `${payload.length}#${payload}`);
        if (answer.startsWith('NO')) socket.end();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
    const { port } = server.address() as AddressInfo;
    return config({ DRACHTIO_HOST: '127.0.0.1', DRACHTIO_PORT: String(port), DRACHTIO_SECRET: 'the-secret' });
  }

  it('that takes the secret is ok, with its version and where its SIP is', async () => {
    const [finding] = await checkDrachtio(
      await listening('OK|udp/10.0.0.5:5060|v0.9.10|udp/10.0.0.5:5060'),
      never,
    );
    expect(finding.state).toBe('ok');
    expect(finding.what).toMatch(
      /^drachtio-server v0\.9\.10 at 127\.0\.0\.1:\d+ takes our secret; SIP at udp\/10\.0\.0\.5:5060$/,
    );
  });

  it('that refuses it is failed, and the secret is not told', async () => {
    const [finding] = await checkDrachtio(await listening('NO|incorrect secret'), never);
    expect(finding).toMatchObject({ state: 'failed' });
    expect(finding.what).toContain('refuses the secret.');
    expect(finding.todo).toContain('DRACHTIO_SECRET');
    expect(JSON.stringify(finding)).not.toContain('the-secret');
  });

  it('that is not there is failed', async () => {
    const there = await listening('OK');
    servers[0].close();
    const [finding] = await checkDrachtio(there, never);
    expect(finding.what).toContain('can’t be reached');
    expect(finding.why).toContain('ECONNREFUSED');
  });
});

describe('the database', () => {
  const look = () => lookAtDatabase({ url: '', dataFolder: folder, log: quietLog() });
  const plenty = () => Promise.resolve(1e12);

  it('is made at the first start, then is of this version', async () => {
    expect(await checkDatabase(config(), { look, freeBytes: plenty })).toEqual([
      { state: 'ok', what: 'SQLite, to be made at the first start' },
    ]);
    await (await openDatabase({ url: '', dataFolder: folder, log: quietLog() })).close();
    const [finding] = await checkDatabase(config(), { look, freeBytes: plenty });
    expect(finding.what).toMatch(/^SQLite [\d.]+, its tables are of this version$/);
  });

  it('with old tables, on a full disk or out of reach says so', async () => {
    const old = () =>
      Promise.resolve({ version: '17.2', pending: ['2026-11-refused-video'], clockMs: Date.now() });
    const [disk, tables] = await checkDatabase(config({ DATABASE_URL: 'postgres://db/x' }), {
      look: old,
      freeBytes: () => Promise.resolve(50e6),
    });
    expect(disk).toMatchObject({ state: 'failed' });
    expect(disk.what).toMatch(/^47 MB are free where /);
    expect(tables).toMatchObject({ state: 'warning' });
    expect(tables.what).toContain('2026-11-refused-video to come');
    const away = () => Promise.reject(new Error('password authentication failed for user "gateway"'));
    const [finding] = await checkDatabase(config({ DATABASE_URL: 'postgres://db/x' }), {
      look: away,
      freeBytes: plenty,
    });
    expect(finding).toMatchObject({ state: 'failed', what: 'PostgreSQL can’t be used.' });
  });
});

describe('the tone of test calls', () => {
  it('is known again, and nothing else is taken for it', () => {
    const ear = new ToneEar(700, 8000);
    ear.hear(toneSource(1100, 8000)(8000));
    ear.hear(new Int16Array(8000));
    expect(ear.heard).toBe(false);
    ear.hear(toneSource(700, 8000)(2400));
    expect(ear.heard).toBe(true);
  });
});

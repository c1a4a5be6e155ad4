import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../../gateway/config/load.ts';
import { freePort } from '../../../../gateway/config/ports-in-use.ts';
import type { Config } from '../../../../gateway/config/schema.ts';
import { checkClocks, skewFinding } from '../../../../gateway/doctor/checks/clocks.ts';
import { codecFindings, neededSteps, tryCodecs } from '../../../../gateway/doctor/checks/codecs.ts';
import { echoPlan } from '../../../support/plans.ts';
import { checkDialPlan, readConfiguration } from '../../../../gateway/doctor/checks/configuration.ts';
import { checkLimits } from '../../../../gateway/doctor/checks/limits.ts';
import { checkListeners, checkRtpRange } from '../../../../gateway/doctor/checks/ports.ts';
import type { Sockets } from '../../../../gateway/doctor/checks/ports.ts';
import { checkPrompts } from '../../../../gateway/doctor/checks/prompts.ts';
import { checkSecrets } from '../../../../gateway/doctor/checks/secrets.ts';
import { checkVersions } from '../../../../gateway/doctor/checks/versions.ts';
import { boundSockets, nameOf, socketOwners } from '../../../../gateway/doctor/proc.ts';
import { shippedPromptFolder } from '../../../../gateway/prompts/prompts.ts';

let folder = '';
const never = new AbortController().signal;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doctor-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function config(...options: string[]): Config {
  return loadConfig({ argv: ['--dataFolder', folder, ...options], env: {}, folder });
}

describe('versions', () => {
  const place = (name: string, version: string): void => {
    mkdirSync(join(folder, 'node_modules', name), { recursive: true });
    writeFileSync(join(folder, 'node_modules', name, 'package.json'), JSON.stringify({ version }));
  };
  beforeEach(() => {
    const own = {
      version: '0.1.0',
      engines: { node: '>=20.19' },
      dependencies: { pino: '10.4.0', zod: '4.6.7' },
    };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(own));
    place('pino', '10.4.0');
  });

  it('names a Node that is too old', () => {
    place('zod', '4.6.7');
    expect(checkVersions(folder, '20.18.1')).toMatchObject([
      { state: 'failed', what: 'Node 20.18.1 is too old.', why: 'The gateway needs Node 20.19 or newer.' },
      { state: 'ok' },
    ]);
    expect(checkVersions(folder, '22.1.0')).toMatchObject([{ state: 'ok' }, { state: 'ok' }]);
  });

  it('names packages that are missing or other ones', () => {
    expect(checkVersions(folder, '20.19.0')[1].what).toContain('zod is missing');
    place('zod', '3.0.0');
    expect(checkVersions(folder, '20.19.0')[1].what).toContain('zod is 3.0.0, not 4.6.7');
  });
});

describe('configuration', () => {
  it('says which file, line and key, and quotes nothing of the file', () => {
    const file = join(folder, 'gateway.yaml');
    writeFileSync(file, 'adminToken: "not-to-be-shown\nsip:\n  prot: 5060\n');
    const broken = readConfiguration({ argv: [], env: {}, folder });
    expect(broken.config).toBeNull();
    expect(JSON.stringify(broken.findings)).toContain(file);
    expect(JSON.stringify(broken.findings)).not.toContain('not-to-be-shown');

    writeFileSync(file, 'sip:\n  prot: 5060\n');
    const [unknown] = readConfiguration({ argv: [], env: {}, folder }).findings;
    expect(unknown).toMatchObject({ state: 'failed', what: `${file}:2:3: sip.prot: there is no such key.` });
  });

  it('says what was read: the file, and names of variables without their values', () => {
    writeFileSync(join(folder, 'gateway.yaml'), 'sip: { port: 5070 }\n');
    const { findings } = readConfiguration({
      argv: [],
      env: { DRACHTIO_SECRET: 'hidden-secret', HOME: '/' },
      folder,
    });
    expect(findings).toEqual([
      { state: 'ok', what: `read from ${join(folder, 'gateway.yaml')}, the environment (DRACHTIO_SECRET)` },
    ]);
  });

  it('says what is wrong with a dial plan', async () => {
    writeFileSync(join(folder, 'plan.yaml'), 'version: 1\nrules:\n  - name: a\n    action: fly\n');
    const [finding] = await checkDialPlan(folder, shippedPromptFolder(), () => Promise.resolve(noPlans));
    expect(finding).toMatchObject({ state: 'failed', what: `The dial plan in ${folder} can’t be used.` });
    expect(finding.why).toContain('plan.yaml:4');
  });

  it('looks at the plans of the database with it, or says that it can’t', async () => {
    writeFileSync(join(folder, 'plan.yaml'), echoPlan('one', 1000));
    const acme = {
      ...{ name: 'acme', version: 1, enabled: true, replaces: null, text: echoPlan('one', 2000) },
      ...{ updatedAt: '', updatedBy: '', note: null },
    };
    const [clash] = await checkDialPlan(folder, shippedPromptFolder(), () =>
      Promise.resolve({ ...noPlans, plans: [acme] }),
    );
    expect(clash).toMatchObject({
      state: 'failed',
      why: expect.stringContaining('PLAN_DUPLICATE_RULE') as string,
    });
    const [well] = await checkDialPlan(folder, shippedPromptFolder(), () =>
      Promise.resolve({ ...noPlans, plans: [{ ...acme, text: echoPlan('two', 2000) }] }),
    );
    expect(well).toMatchObject({
      state: 'ok',
      what: expect.stringContaining('1 plans of the database') as string,
    });
    const away = await checkDialPlan(folder, shippedPromptFolder(), () => Promise.reject(new Error('away')));
    expect(away).toMatchObject([{ state: 'ok' }, { state: 'left-out' }]);
  });
});

const noPlans = { revision: 0, plans: [], canaries: [] };

describe('prompts', () => {
  it('that ship can be played', () => {
    expect(checkPrompts(shippedPromptFolder())).toMatchObject([{ state: 'ok' }]);
  });

  it('names the one that is missing, and the one that is no sound', () => {
    cpSync(shippedPromptFolder(), folder, {
      recursive: true,
      filter: (path) => !/\.(mjs|ts|yaml|md)$/.test(path),
    });
    rmSync(join(folder, 'de', 'muted.wav'));
    writeFileSync(join(folder, 'en', 'goodbye.wav'), 'MP3');
    const [finding] = checkPrompts(folder);
    expect(finding).toMatchObject({
      state: 'failed',
      what: 'Sounds can’t be played: en/goodbye.wav, de/muted.wav.',
    });
    expect(finding.todo).toContain('media.promptFolder');
  });

  it('names those of a tenant that can’t be played', () => {
    cpSync(shippedPromptFolder(), folder, { recursive: true });
    mkdirSync(join(folder, 'tenants', 'acme', 'en'), { recursive: true });
    cpSync(join(folder, 'en', 'muted.wav'), join(folder, 'tenants', 'acme', 'en', 'sales.wav'));
    expect(checkPrompts(folder)).toMatchObject([{ state: 'ok' }]);
    writeFileSync(join(folder, 'tenants', 'acme', 'en', 'sales.wav'), 'MP3');
    expect(checkPrompts(folder)).toMatchObject([
      { state: 'failed', what: 'Sounds can’t be played: tenants/acme/en/sales.wav.' },
    ]);
  });
});

describe('ports', () => {
  const real: Sockets = { bound: boundSockets, owners: socketOwners, nameOf };

  async function placed(): Promise<Config> {
    const ports = ['sip.port', 'sip.tls.port', 'sip.adminPort', 'http.port', 'livekit.port'];
    const free = await Promise.all(ports.map(() => freePort('127.0.0.1')));
    return config(...ports.flatMap((key, i) => [`--${key}`, String(free[i])]));
  }

  it('are free before the start, or the finding names port, key and holder', async () => {
    const placedConfig = await placed();
    expect(await checkListeners(placedConfig, null, real)).toMatchObject([{ state: 'ok' }]);
    const server = createServer().listen(placedConfig.http.port, '127.0.0.1');
    await once(server, 'listening');
    const [finding] = await checkListeners(placedConfig, null, real);
    server.close();
    expect(finding.state).toBe('failed');
    expect(finding.what).toMatch(
      new RegExp(
        `127\\.0\\.0\\.1:${placedConfig.http.port} \\(TCP\\), for the API and pages, is taken by .*process ${process.pid}`,
      ),
    );
    expect(finding.todo).toContain('--http.port');
  });

  it('of a gateway that runs are its own', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const elsewhere = {
      ...config('--http.port', String(port)),
      drachtio: { ...config().drachtio, host: 'other' },
    };
    const only = { ...elsewhere, livekit: { ...elsewhere.livekit, url: 'ws://livekit.example' } };
    expect(await checkListeners(only, { pids: new Set([process.pid]) }, real)).toMatchObject([
      { state: 'ok', what: `our gateway listens on ${port}` },
    ]);
    const [stranger] = await checkListeners(only, { pids: new Set([1]) }, real);
    expect(stranger.what).toContain(`is held by process ${process.pid}, which is none of this gateway’s.`);
    server.close();
    await once(server, 'close');
    const [nobody] = await checkListeners(only, { pids: new Set([1]) }, real);
    expect(nobody.what).toContain('Nobody listens at');
  });

  it('for RTP are enough, out of the kernel’s range and free of strangers', () => {
    const strangers: Sockets = {
      bound: () => [{ port: 20_100, inode: '7' }],
      owners: () => new Map([['7', 99]]),
      nameOf: () => 'asterisk',
    };
    const nobody: Sockets = { ...strangers, bound: () => [] };
    expect(checkRtpRange(config(), null, nobody, [32_768, 60_999])).toMatchObject([{ state: 'ok' }]);
    const [few] = checkRtpRange(config('--media.rtpPortMax', '20099'), null, nobody, null);
    expect(few.what).toBe(
      'RTP ports 20000–20099 are enough for 25 calls with video, and calls.maxCalls is 300.',
    );
    const [overlap] = checkRtpRange(config(), null, nobody, [10_000, 60_999]);
    expect(overlap.what).toContain('overlap with those that the kernel gives to any program (10000–60999)');
    const [taken] = checkRtpRange(config(), null, strangers, null);
    expect(taken.what).toBe(
      '1 of the RTP ports 20000–29999 are taken by others, port 20100 by asterisk (process 99).',
    );
    expect(checkRtpRange(config(), { pids: new Set([99]) }, strangers, null)).toMatchObject([
      { state: 'ok' },
    ]);
  });
});

describe('limits', () => {
  it('warn of few files and small buffers, with what to set', () => {
    expect(checkLimits({ files: 20_000, receiveBuffer: 4_194_304 }, 300)).toMatchObject([{ state: 'ok' }]);
    const [files, buffer] = checkLimits({ files: 1024, receiveBuffer: 212_992 }, 300);
    expect(files).toMatchObject({
      state: 'warning',
      what: 'A process may have 1024 files open; 300 calls need about 3856.',
    });
    expect(files.todo).toContain('LimitNOFILE=');
    expect(buffer.todo).toContain('net.core.rmem_max=1048576');
  });
});

describe('codecs', () => {
  it('work here, in a process of their own', async () => {
    expect(codecFindings(await tryCodecs(['opus', 'h264'], never))).toEqual([
      { state: 'ok', what: 'Opus, H.264 work' },
    ]);
  });

  it('that crash their process are a finding, and those behind them are tried all the same', async () => {
    const entry = join(folder, 'crash.mjs');
    writeFileSync(
      entry,
      `for (const step of process.argv[2].split(',')) {
        await new Promise((said) => process.send({ step, state: 'began', why: '' }, said));
        if (step === 'h264') process.kill(process.pid, 'SIGSEGV');
        await new Promise((said) => process.send({ step, state: 'done', why: '' }, said));
      }
      process.exit(0);`,
    );
    const outcomes = await tryCodecs(['opus', 'h264', 'webrtc'], never, new URL(`file://${entry}`));
    expect(outcomes).toEqual([
      { step: 'opus', why: null },
      { step: 'h264', why: 'its process crashed (SIGSEGV)' },
      { step: 'webrtc', why: null },
    ]);
    expect(codecFindings(outcomes)).toMatchObject([
      { state: 'failed', what: 'H.264 does not work (node-av).' },
    ]);
  });

  it('are those that the configuration needs', () => {
    expect(neededSteps(config('--video.enabled', 'off'))).toEqual(['opus', 'webrtc']);
    expect(neededSteps(config('--media.link', 'rtc-node'))).toContain('rtc-node');
  });
});

describe('secrets', () => {
  const own = (env: Record<string, string>): Config =>
    loadConfig({ argv: ['--dataFolder', folder], env, folder });

  it('that others may read are named with their mode', () => {
    writeFileSync(join(folder, 'admin-token'), 'x', { mode: 0o644 });
    const [finding] = checkSecrets(config());
    expect(finding).toMatchObject({ state: 'failed', todo: `chmod 600 ${join(folder, 'admin-token')}` });
    expect(finding.what).toContain('(mode 644)');
  });

  it('that everybody knows are failed off loopback', () => {
    expect(checkSecrets(own({ DRACHTIO_HOST: '127.0.0.1' }))).toMatchObject([{ state: 'ok' }]);
    const [drachtio] = checkSecrets(own({ DRACHTIO_HOST: '10.0.0.5' }));
    expect(drachtio).toMatchObject({
      state: 'failed',
      what: 'The secret of 10.0.0.5:9022 is drachtio-server’s default.',
    });
    const dev = { LIVEKIT_API_KEY: 'devkey', LIVEKIT_API_SECRET: 'secret' };
    const [there] = checkSecrets(own({ ...dev, LIVEKIT_URL: 'wss://livekit.example' }));
    expect(there).toMatchObject({
      state: 'failed',
      what: 'LiveKit at livekit.example has its development key.',
    });
    const [here] = checkSecrets(own({ ...dev, LIVEKIT_URL: 'ws://localhost:7880' }));
    expect(here.state).toBe('warning');
  });

  it('that can be guessed are a warning', () => {
    const [finding] = checkSecrets(own({ GATEWAY_ADMIN_TOKEN: 'short' }));
    expect(finding).toMatchObject({ state: 'warning', what: 'adminToken has 5 characters.' });
  });
});

describe('clocks', () => {
  const says = (program: string, text: string) => (asked: string) =>
    Promise.resolve(asked === program ? text : null);

  it('are set by the network, or not', async () => {
    const chrony = 'System time     : 0.000021 seconds fast of NTP time\nLeap status     : Normal\n';
    expect(await checkClocks(says('chronyc', chrony), never)).toEqual([
      { state: 'ok', what: 'set by the network (chrony, 0.000 s off)' },
    ]);
    expect(await checkClocks(says('timedatectl', 'no\n'), never)).toMatchObject([
      { state: 'warning', what: 'Nothing sets this machine’s clock by the network.' },
    ]);
    expect(await checkClocks(says('none', ''), never)).toMatchObject([{ state: 'left-out' }]);
  });

  it('of others may be two seconds off, and are failed beyond thirty', () => {
    const now = { askedMs: 100_000, answeredMs: 100_200 };
    expect(skewFinding('LiveKit', 99_500, now, 1000)).toBeNull();
    expect(skewFinding('LiveKit', 110_200, now, 1000)).toMatchObject({
      state: 'warning',
      what: 'The clock of LiveKit is 10.0 s ahead of ours.',
    });
    expect(skewFinding('PostgreSQL', 10_000, now, 1)).toMatchObject({
      state: 'failed',
      what: 'The clock of PostgreSQL is 90.0 s behind ours.',
    });
  });
});

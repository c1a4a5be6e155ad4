import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { freePort } from '../../gateway/config/ports-in-use.ts';
import { shippedPromptFolder } from '../../gateway/prompts/prompts.ts';
import { checksOf, runDoctor } from '../support/doctor.ts';
import { DrachtioServer, missingForDrachtioServer } from '../support/drachtio-server.ts';
import { missingForFreeSwitch, startFreeSwitch } from '../support/freeswitch.ts';
import { adminToken, missingForGateway } from '../support/gateway.ts';
import { startLiveKit } from '../support/livekit.ts';
import { describeWith } from '../support/needs.ts';
import { freePlace, StartedGateway } from '../support/started-gateway.ts';
import type { Place } from '../support/started-gateway.ts';
import { until } from '../support/until.ts';

const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function place(): Promise<Place> {
  const one = await freePlace();
  open.push({ close: () => one.remove() });
  return one;
}

async function started(
  where: Place,
  env: Record<string, string> = {},
  options: readonly string[] = [],
): Promise<StartedGateway> {
  const gateway = new StartedGateway(where, options, env);
  open.push(gateway);
  await gateway.up();
  await gateway.untilReady('all parts are up');
  return gateway;
}

describeWith([missingForGateway()], 'npm run doctor', () => {
  it('finds a gateway that runs well, calls through every part, and leaves nothing behind', async () => {
    const where = await place();
    const web: string[] = [];
    for (const name of ['ws', 'wss'])
      web.push(`--sip.${name}.listen`, 'on', `--sip.${name}.port`, String(await freePort('127.0.0.1')));
    const gateway = await started(where, {}, web);
    const report = await runDoctor(where, web);
    expect(report.stdout).not.toMatch(/FAILED/);
    expect(report).toMatchObject({ exitCode: 0, stderr: '' });
    for (const line of [
      /^ok +gateway +runs at 127\.0\.0\.1:\d+, all its parts are up$/m,
      /^ok +ports +our gateway listens on /m,
      /^ok +codecs +Opus, H\.264, drawing, WebRTC work$/m,
      /OPTIONS is answered over UDP at .*, TCP at .*, TLS at .*, WS at .*, WSS at /,
      /^ok +its certificate is good for \d+ days$/m,
      /^ok +call: echo +9196 answers, and what is said comes back$/m,
      /^ok +call: room +1000, PIN, room: a telephone and somebody in the room hear each other$/m,
    ])
      expect(report.stdout).toMatch(line);
    expect(report.stdout).not.toContain(adminToken);
    await until('no call is left', async () => (await gateway.calls()).length === 0, 10_000);
    const { meetings } = (await gateway.api('/meetings')) as { meetings: { room: string }[] };
    expect(meetings.map(({ room }) => room)).toEqual(['demo']);
  }, 120_000);

  it('finds a LiveKit of one’s own well, and says what is wrong with a secret that it does not know', async () => {
    const livekit = await startLiveKit();
    open.push(livekit);
    const { url, apiKey, apiSecret } = livekit;
    const where = await place();
    const env = { LIVEKIT_URL: url, LIVEKIT_API_KEY: apiKey, LIVEKIT_API_SECRET: apiSecret };
    await started(where, env);
    const well = await runDoctor(where, ['--json'], env);
    expect(well.exitCode, well.stdout).toBe(0);
    expect(checksOf(well).get('livekit-media')?.findings[0].what).toMatch(
      /^LiveKit \d+\.\d+\.\d+: what one says/,
    );
    expect(checksOf(well).get('room-call')?.state).toBe('ok');
    expect(well.stdout).not.toContain(apiSecret);
    const rooms = async () => (await livekit.rooms().listRooms()).map(({ name }) => name);
    await until(
      'its rooms are gone',
      async () => (await rooms()).every((name) => !name.startsWith('gateway-doctor')),
      15_000,
    );

    const wrong = await runDoctor(where, ['--json'], { ...env, LIVEKIT_API_SECRET: 'quite another secret' });
    expect(wrong.exitCode).toBe(1);
    expect(checksOf(wrong).get('livekit')?.findings).toMatchObject([
      { state: 'failed', what: `LiveKit at ${url} refuses our key or secret.` },
    ]);
    expect(checksOf(wrong).get('livekit-media')?.state).toBe('left-out');
    expect(wrong.stdout).not.toContain('quite another secret');
  }, 180_000);

  it('looks at what can be looked at where no gateway runs', async () => {
    const report = await runDoctor(await place(), ['--json']);
    expect(report.exitCode, report.stdout).toBe(0);
    const checks = checksOf(report);
    expect(checks.get('gateway')?.state).toBe('left-out');
    for (const id of ['versions', 'configuration', 'dial-plan', 'prompts', 'codecs', 'livekit', 'database'])
      expect([id, checks.get(id)?.state]).toEqual([id, 'ok']);
    // Of the RTP range others may have some.
    expect(checks.get('ports')?.findings[0].what).toMatch(/are free$/);
  }, 60_000);

  it('names a port that is taken, with its key, and a prompt that is missing', async () => {
    const where = await place();
    const stranger = createServer().listen(where.http, '127.0.0.1');
    await once(stranger, 'listening');
    open.push({ close: () => stranger.close() });
    const prompts = join(where.folder, 'prompts');
    cpSync(shippedPromptFolder(), prompts, { recursive: true });
    rmSync(join(prompts, 'en/welcome.wav'));
    const report = await runDoctor(where, ['--media.promptFolder', prompts]);
    expect(report.exitCode).toBe(1);
    expect(report.stdout).toContain(`127.0.0.1:${where.http} (TCP), for the API and pages, is taken by`);
    expect(report.stdout).toContain('choose another port with --http.port');
    expect(report.stdout).toContain('Sounds can’t be played: en/welcome.wav.');
  }, 60_000);

  it('says file, line and key of a configuration that can’t be used', async () => {
    const where = await place();
    writeFileSync(join(where.folder, 'gateway.yaml'), 'sip:\n  port: 5060\n  secret: [tell nobody\n');
    const report = await runDoctor(where);
    expect(report.exitCode).toBe(1);
    expect(report.stdout).toMatch(/^FAILED +configuration +\S+gateway\.yaml: .* at line \d+, column \d+/m);
    expect(report.stdout).not.toContain('tell nobody');
  }, 60_000);
});

describeWith(
  [missingForGateway(), missingForDrachtioServer()],
  'npm run doctor with a real drachtio-server',
  () => {
    it('calls through it, and says that it refuses a secret', async () => {
      const drachtio = await DrachtioServer.start();
      open.push(drachtio);
      const where = await place();
      const env = {
        DRACHTIO_HOST: '127.0.0.1',
        DRACHTIO_PORT: String(drachtio.adminPort),
        DRACHTIO_SECRET: drachtio.secret,
      };
      await started(where, env);
      const well = await runDoctor(where, ['--json'], env);
      expect(well.exitCode, well.stdout).toBe(0);
      const checks = checksOf(well);
      expect(checks.get('drachtio')?.findings[0].what).toMatch(
        /^drachtio-server v?\d.* takes our secret; SIP at .*udp\//,
      );
      for (const id of ['sip', 'echo-call', 'room-call'])
        expect([id, checks.get(id)?.state]).toEqual([id, 'ok']);

      const wrong = await runDoctor(where, ['--json'], { ...env, DRACHTIO_SECRET: 'quite wrong' });
      expect(wrong.exitCode).toBe(1);
      expect(checksOf(wrong).get('drachtio')?.findings[0].what).toContain('refuses the secret.');
      expect(wrong.stdout).not.toContain('quite wrong');
    }, 180_000);
  },
  { elective: true },
);

describeWith(
  [missingForGateway(), missingForFreeSwitch()],
  'npm run doctor with a real FreeSWITCH',
  () => {
    it('calls through a gateway whose calls it mixes, and says what is wrong when it is gone', async () => {
      const mixer = await startFreeSwitch();
      open.push(mixer);
      const where = await place();
      const env = {
        MIXING: 'freeswitch',
        FREESWITCH_HOST: mixer.host,
        FREESWITCH_PORT: String(mixer.port),
        FREESWITCH_SECRET: mixer.secret,
      };
      const gateway = await started(where, env, ['--calls.maxCalls', '100']);
      const well = await runDoctor(where, ['--json', '--calls.maxCalls', '100'], env);
      expect(well.exitCode, well.stdout).toBe(0);
      const checks = checksOf(well);
      for (const id of ['gateway', 'freeswitch', 'sip', 'echo-call', 'room-call'])
        expect([id, checks.get(id)?.state]).toEqual([id, 'ok']);
      const at = `${mixer.host}:${mixer.port}`;
      expect(checks.get('freeswitch')?.findings[0].what).toMatch(
        new RegExp(`^FreeSWITCH 1\\.\\S+ at ${at} has all that is needed`),
      );
      await until('no call is left', async () => (await gateway.calls()).length === 0, 10_000);
      await until('no channel is left', async () =>
        (await mixer.api('show channels count')).trim().startsWith('0 total'),
      );

      mixer.kill('SIGKILL');
      await until('the gateway has noticed', async () => (await gateway.ready()).status === 503, 15_000);
      const gone = await runDoctor(where, ['--json', '--calls.maxCalls', '100'], env);
      expect(gone.exitCode).toBe(1);
      expect(checksOf(gone).get('freeswitch')?.findings).toMatchObject([
        { state: 'failed', what: `FreeSWITCH at ${at} can’t be used.` },
      ]);
      expect(checksOf(gone).get('gateway')?.state).toBe('failed');
      expect(checksOf(gone).get('echo-call')?.state).toBe('failed');
      expect(gone.stdout).not.toContain(mixer.secret);
    }, 240_000);
  },
  { elective: true },
);

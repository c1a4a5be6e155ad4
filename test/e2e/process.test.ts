import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { Caller } from '../support/caller.ts';
import { CertificateFiles, TestAuthority, shownAt } from '../support/certificates.ts';
import { missingForGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { commandOf, stillRunning } from '../support/process-tree.ts';
import { StartedGateway, freePlace } from '../support/started-gateway.ts';
import type { Place } from '../support/started-gateway.ts';
import { until } from '../support/until.ts';

describeWith([missingForGateway()], 'npm start', () => {
  const open: { close(): Promise<unknown> }[] = [];
  const places: { remove(): void }[] = [];

  afterEach(async () => {
    // What calls goes before what is called.
    for (const one of open.splice(0).reverse()) await one.close();
    for (const place of places.splice(0)) place.remove();
  });

  async function place(): Promise<Place> {
    const one = await freePlace();
    places.push(one);
    return one;
  }

  async function start(where: Place, options: readonly string[] = []): Promise<StartedGateway> {
    const gateway = new StartedGateway(where, options);
    open.push(gateway);
    await gateway.up();
    return gateway;
  }

  /** A start that can't succeed: its exit code and all it said. */
  async function fails(where: Place, options: readonly string[] = []): Promise<[number | null, string]> {
    const gateway = new StartedGateway(where, options);
    open.push(gateway);
    const code = await gateway.exited();
    return [code, gateway.stdout + gateway.stderr];
  }

  async function talking(gateway: StartedGateway): Promise<Caller> {
    const caller = await Caller.open(gateway.place.sip);
    open.push(caller);
    await caller.dial('9196');
    await caller.hears('echo-test', 'en', 20_000);
    return caller;
  }

  it('prints one table: what listens where, what is embedded, and what to try', async () => {
    const where = await place();
    const gateway = await start(where);
    const { stdout } = gateway;
    for (const address of [
      `127.0.0.1:${where.sip} UDP, TCP`,
      `ws://127.0.0.1:${where.livekit}`,
      `http://127.0.0.1:${where.http}`,
      '127.0.0.1:20000–29999 UDP',
    ])
      expect(stdout).toContain(address);
    expect(stdout).toMatch(/PIN \d{6}#/);
    expect(stdout).toContain(`baresip -e "/dial sip:1000@127.0.0.1:${where.sip}"`);
    expect(stdout).toMatch(
      new RegExp(`With linphone .*linphonec.*call sip:1000@127\\.0\\.0\\.1:${where.sip}`),
    );
    expect(stdout.match(/embedded/g)?.length).toBeGreaterThanOrEqual(4);

    const ready = await gateway.ready();
    expect(ready.status).toBe(200);
    const parts = [
      ready.sip,
      ready.rooms,
      ready.records,
      ...ready.media,
      ...ready.media.map((m) => m.engine),
    ];
    expect(parts.map(({ state }) => state)).toEqual(parts.map(() => 'up'));
    const running = gateway.processes();
    for (const { pid } of [ready.sip, ready.rooms, ...ready.media, ...ready.media.map((m) => m.engine)])
      expect(running).toContain(pid);

    gateway.kill('SIGTERM');
    await gateway.exited();
    const beganMs = performance.now();
    await start(where);
    console.log(`second start: ${((performance.now() - beganMs) / 1000).toFixed(1)} s`);
  }, 120_000);

  it.each(['Ctrl-C', 'SIGTERM', 'a closed terminal'] as const)(
    'ends live calls on %s and leaves no process',
    async (how) => {
      const gateway = await start(await place());
      const caller = await talking(gateway);
      const running = gateway.processes();
      expect(running.length).toBeGreaterThanOrEqual(5);
      if (how === 'SIGTERM') gateway.kill('SIGTERM');
      else gateway.signalGroup(how === 'Ctrl-C' ? 'SIGINT' : 'SIGHUP');
      expect(await caller.hungUp()).toMatch(/Q\.850;cause=41.*being stopped/);
      expect(await gateway.exited()).toBe(0);
      await until('no process is left', () => stillRunning(running).length === 0, 10_000);
      expect(gateway.stderr).not.toMatch(/unhandled|at async|Error:/i);
    },
    90_000,
  );

  it('reads its SIP certificate again on SIGUSR2, whatever its files look like', async () => {
    const authority = new TestAuthority();
    const files = new CertificateFiles(authority.issue({}), authority);
    places.push(files);
    const first = files.writeUnseen(authority, {});
    const where = await place();
    const gateway = await start(where, [
      ...['--sip.tls.certificate', files.certificate, '--sip.tls.key', files.key],
    ]);
    expect(await shownAt(where.tls)).toBe(first);
    const second = files.writeUnseen(authority, {});
    gateway.kill('SIGUSR2');
    await until('the new one is shown', async () => (await shownAt(where.tls)) === second, 10_000);
  });

  it('stops cleanly when it is told to while it starts', async () => {
    const gateway = new StartedGateway(await place());
    open.push(gateway);
    // The set-up is over when the gateway's own processes are there.
    await until(
      'its first processes run',
      () => gateway.processes().length > 2 || gateway.hasEnded(),
      60_000,
    );
    expect(gateway.hasEnded(), gateway.stderr).toBe(false);
    const running = new Set<number>();
    gateway.signalGroup('SIGINT');
    await until(
      'it has ended',
      () => {
        for (const pid of gateway.processes()) running.add(pid);
        return gateway.hasEnded();
      },
      30_000,
    );
    expect(await gateway.exited()).toBe(0);
    expect(gateway.stdout).toBe('');
    await until('no process is left', () => stillRunning([...running]).length === 0, 10_000);
  }, 90_000);

  it('after kill -9 leaves only LiveKit behind, which the next start ends', async () => {
    const where = await place();
    const gateway = await start(where);
    const { rooms } = await gateway.ready();
    const running = gateway.processes();
    gateway.kill('SIGKILL');
    await until(
      'only LiveKit is left',
      () => stillRunning(running).every((pid) => pid === rooms.pid),
      15_000,
    );
    const next = await start(where);
    await until('the old LiveKit is gone', () => stillRunning(running).length === 0);
    expect((await next.ready()).rooms.pid).not.toBe(rooms.pid);
    await talking(next);
  }, 120_000);

  it('names a port that is taken and the key that moves it', async () => {
    const where = await place();
    const socket = createSocket('udp4').bind(where.sip, '127.0.0.1');
    await once(socket, 'listening');
    const [code, words] = await fails(where);
    socket.close();
    expect(code).toBe(1);
    expect(words).toContain(`127.0.0.1:${where.sip} (UDP) for SIP: choose another with --sip.port`);
  }, 60_000);

  it('names an unknown key of gateway.yaml with its line', async () => {
    const where = await place();
    writeFileSync(join(where.folder, 'gateway.yaml'), 'calls:\n  pinTries: 2\n  pinTrys: 3\n');
    const [code, words] = await fails(where);
    expect(code).toBe(1);
    expect(words).toMatch(/gateway\.yaml:3(:\d+)?: .*pinTrys/);
  }, 60_000);

  it('names the line and column of a dial plan that is broken', async () => {
    const where = await place();
    const plans = join(where.folder, 'plans');
    mkdirSync(plans);
    const plan =
      'version: 1\ntenant: default\nrules:\n  - name: one\n    match: { caled: 1000 }\n    action: echo\n';
    writeFileSync(join(plans, 'plan.yaml'), plan);
    const [code, words] = await fails(where, ['--dialPlans.folder', plans]);
    expect(code).toBe(1);
    expect(words).toMatch(/plan\.yaml:5:14.*caled/s);
    expect(words).not.toContain('    at ');
    for (const pid of open.flatMap((one) => (one instanceof StartedGateway ? one.processes() : [])))
      expect(commandOf(pid)).toBe('');
  }, 60_000);
});

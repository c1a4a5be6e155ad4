import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import { Caller } from '../support/caller.ts';
import { missingForGateway } from '../support/gateway.ts';
import { findLiveKitBinary, startLiveKit } from '../support/livekit.ts';
import { describeWith } from '../support/needs.ts';
import { commandOf } from '../support/process-tree.ts';
import { RtcParticipant } from '../support/rtc-participant.ts';
import { StartedGateway, freePlace } from '../support/started-gateway.ts';
import type { Place } from '../support/started-gateway.ts';
import { until } from '../support/until.ts';

/** The project's own edge, alone, as a drachtio-server that somebody else runs. */
const edgeMain = new URL('../../gateway/sip/edge/main.ts', import.meta.url);
const secret = 'not-the-default';

describeWith([missingForGateway()], 'parts that somebody else runs', () => {
  const open: { close(): unknown }[] = [];

  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });

  async function place(): Promise<Place> {
    const one = await freePlace();
    open.push({ close: () => one.remove() });
    return one;
  }

  function gateway(where: Place, env: Record<string, string>): StartedGateway {
    const one = new StartedGateway(where, [], env);
    open.push(one);
    return one;
  }

  async function edge(adminAt = 0): Promise<{ sipPort: number; adminPort: number }> {
    const child: ChildProcess = fork(edgeMain, ['--port', '0', '--admin-port', String(adminAt)], {
      execArgv: ['--import', 'tsx'],
      env: { ...process.env, SIP_EDGE_SECRET: secret },
      silent: true,
    });
    open.push({ close: () => child.kill('SIGKILL') });
    const [message] = (await once(child, 'message')) as [{ ready: { sipPort: number; adminPort: number } }];
    return message.ready;
  }

  async function callIn(sipPort: number, to: string, prompt: 'echo-test' | 'first-here'): Promise<void> {
    const caller = await Caller.open(sipPort);
    try {
      await caller.dial(to);
      await caller.hears(prompt, 'en', 20_000);
      await caller.hangUp();
    } finally {
      await caller.close();
    }
  }

  it('with LIVEKIT_URL starts no LiveKit and joins that one’s rooms', async () => {
    const livekit = await startLiveKit();
    open.push(livekit);
    const { url, apiKey, apiSecret } = livekit;
    const one = gateway(await place(), {
      LIVEKIT_URL: url,
      LIVEKIT_API_KEY: apiKey,
      LIVEKIT_API_SECRET: apiSecret,
    });
    await one.up();
    const { rooms } = await one.untilReady('all parts are up');
    expect(rooms).toMatchObject({ embedded: false, pid: null });
    expect(one.stdout).toContain('external');
    const program = findLiveKitBinary() ?? 'livekit-server';
    expect(one.processes().filter((pid) => commandOf(pid).startsWith(program))).toEqual([]);
    await callIn(one.place.sip, 'demo', 'first-here');
    expect((await livekit.rooms().listRooms()).map(({ name }) => name)).toContain('demo');
  }, 90_000);

  it('killed with -9 leaves no ghost in the rooms of somebody else’s LiveKit', async () => {
    const livekit = await startLiveKit();
    open.push(livekit);
    const { url, apiKey, apiSecret } = livekit;
    const env = { LIVEKIT_URL: url, LIVEKIT_API_KEY: apiKey, LIVEKIT_API_SECRET: apiSecret };
    const one = gateway(await place(), env);
    await one.up();
    const ada = await RtcParticipant.join(url, await livekit.token('ada', 'demo'));
    open.push(ada);
    const caller = await Caller.open(one.place.sip);
    open.push(caller);
    await caller.dial('demo');
    await ada.until('the caller is in the room', () => ada.other('sip_4930111222') !== undefined, 20_000);
    one.kill('SIGKILL');
    await ada.until('no ghost is in the room', () => ada.other('sip_4930111222') === undefined, 30_000);
    const hidden = async (): Promise<number> =>
      (await livekit.rooms().listParticipants('demo')).filter(({ identity }) => identity !== 'ada').length;
    await until('the hidden watcher is gone too', async () => (await hidden()) === 0, 30_000);
  }, 120_000);

  it('with DRACHTIO_HOST starts no SIP edge and takes that one’s calls', async () => {
    const { sipPort, adminPort } = await edge();
    const drachtio = { DRACHTIO_HOST: '127.0.0.1', DRACHTIO_PORT: String(adminPort) };
    const one = gateway(await place(), { ...drachtio, DRACHTIO_SECRET: secret });
    await one.up();
    const { sip } = await one.untilReady('all parts are up');
    expect(sip).toMatchObject({ embedded: false, pid: null });
    expect(one.processes().filter((pid) => commandOf(pid).includes('sip/edge'))).toEqual([]);
    await callIn(sipPort, '9196', 'echo-test');
  }, 90_000);

  it('starts without the drachtio-server, says so, and takes calls once it is there', async () => {
    const where = await place();
    const drachtio = { DRACHTIO_HOST: '127.0.0.1', DRACHTIO_PORT: String(where.admin) };
    const one = gateway(where, { ...drachtio, DRACHTIO_SECRET: secret });
    await one.up();
    expect(await one.ready()).toMatchObject({ status: 503, sip: { state: 'down' }, rooms: { state: 'up' } });
    const { sipPort } = await edge(where.admin);
    await one.untilReady('all parts are up');
    await callIn(sipPort, '9196', 'echo-test');
  }, 90_000);

  it('starts without the LiveKit of LIVEKIT_URL, says so, and tells callers', async () => {
    const where = await place();
    const env = { LIVEKIT_URL: `ws://127.0.0.1:${where.livekit}`, LIVEKIT_API_KEY: 'key' };
    const one = gateway(where, { ...env, LIVEKIT_API_SECRET: 'a secret of thirty-two characters' });
    await one.up();
    expect(await one.ready()).toMatchObject({ status: 503, sip: { state: 'up' }, rooms: { state: 'down' } });
    const caller = await Caller.open(where.sip);
    open.push(caller);
    await caller.dial('demo');
    await caller.hears('room-unavailable', 'en', 30_000);
    expect(await caller.hungUp(20_000)).toMatch(/cause=38.*LiveKit server did not take the caller/);
  }, 90_000);

  it('says so when the drachtio-server refuses the secret, and what to do, and goes on', async () => {
    const { adminPort } = await edge();
    const drachtio = { DRACHTIO_HOST: '127.0.0.1', DRACHTIO_PORT: String(adminPort) };
    const one = gateway(await place(), { ...drachtio, DRACHTIO_SECRET: 'quite wrong' });
    await one.up();
    const { status, sip } = await one.ready();
    expect(status).toBe(503);
    expect(sip.servers).toMatchObject([{ server: `127.0.0.1:${adminPort}`, state: 'down' }]);
    for (const told of [sip.detail, one.stderr]) {
      expect(told).toContain(`The SIP server 127.0.0.1:${adminPort} refused the secret.`);
      expect(told).toContain('DRACHTIO_SECRET');
      expect(told).not.toContain('quite wrong');
    }
    expect(one.stderr).not.toContain('    at ');
  }, 60_000);
});

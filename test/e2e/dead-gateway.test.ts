/** What is left of calls when their gateway is killed, or the SIP server between: nothing, within a minute. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { CallRecord } from '../../gateway/ports.ts';
import { tone, toneDb } from '../support/audio.ts';
import { Caller } from '../support/caller.ts';
import { DrachtioServer, missingForDrachtioServer } from '../support/drachtio-server.ts';
import { missingForFreeSwitch, startFreeSwitch } from '../support/freeswitch.ts';
import { missingForGateway } from '../support/gateway.ts';
import { startLiveKit } from '../support/livekit.ts';
import type { LiveKit } from '../support/livekit.ts';
import { describeWith } from '../support/needs.ts';
import { missingForPostgres, startPostgres } from '../support/postgres.ts';
import { stillRunning } from '../support/process-tree.ts';
import { StartedGateway, freePlace } from '../support/started-gateway.ts';
import type { Place } from '../support/started-gateway.ts';
import { until } from '../support/until.ts';

const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** What all that goes on may take, ms. */
const nothingLeftMs = 60_000;

async function place(): Promise<Place> {
  const one = await freePlace();
  open.push({ close: () => one.remove() });
  return one;
}

async function livekitOfOthers(): Promise<{ livekit: LiveKit; env: Record<string, string> }> {
  const livekit = await startLiveKit();
  open.push(livekit);
  const { url, apiKey, apiSecret } = livekit;
  return { livekit, env: { LIVEKIT_URL: url, LIVEKIT_API_KEY: apiKey, LIVEKIT_API_SECRET: apiSecret } };
}

async function gateway(
  where: Place,
  env: Record<string, string>,
  options: readonly string[] = [],
): Promise<StartedGateway> {
  const one = new StartedGateway(where, options, env);
  open.push(one);
  await one.up();
  return one;
}

async function drachtio(): Promise<{ server: DrachtioServer; env: Record<string, string> }> {
  const server = await DrachtioServer.start();
  open.push(server);
  const { adminPort, secret } = server;
  const env = {
    DRACHTIO_HOST: '127.0.0.1',
    DRACHTIO_PORT: String(adminPort),
    DRACHTIO_SECRET: secret,
  };
  return { server, env };
}

/** A caller who talks in the room `demo`. */
async function talker(sipPort: number, livekit: LiveKit): Promise<Caller> {
  const caller = await Caller.open(sipPort);
  open.push(caller);
  await caller.dial('demo');
  await until('the caller is in the room', async () => (await people(livekit)).length > 0, 25_000);
  caller.phone.speak((from) => tone(440, 8000, 160, from));
  return caller;
}

/** Everybody in the room, hidden ones too. */
async function people(livekit: LiveKit): Promise<string[]> {
  const list = await livekit
    .rooms()
    .listParticipants('demo')
    .catch(() => []);
  return list.map(({ identity }) => identity);
}

async function recordsOf(one: StartedGateway): Promise<CallRecord[]> {
  const { calls } = (await one.api('/records/calls?limit=100')) as { calls: CallRecord[] };
  return calls;
}

/** Kills the gateway's own process, as a crash would, and sees all that it started go. */
async function killed(one: StartedGateway): Promise<void> {
  const processes = one.processes();
  one.kill('SIGKILL');
  await one.exited();
  await until('its processes are gone', () => stillRunning(processes).length === 0, nothingLeftMs);
}

async function emptied(livekit: LiveKit): Promise<void> {
  const sinceMs = performance.now();
  await until('nobody is in the room', async () => (await people(livekit)).length === 0, nothingLeftMs);
  console.log(`room empty after ${Math.round(performance.now() - sinceMs)} ms`);
}

describeWith([missingForGateway()], 'a gateway that is killed', () => {
  it('has its callers hung up by the embedded edge, and its record from the next start', async () => {
    const { livekit, env } = await livekitOfOthers();
    const where = await place();
    const one = await gateway(where, env);
    const caller = await talker(where.sip, livekit);
    const [call] = await one.calls();
    const hungUp = caller.hungUp(nothingLeftMs);
    await killed(one);
    expect(await hungUp).toMatch(/text=/);
    await emptied(livekit);
    const next = await gateway(where, env);
    const records = await recordsOf(next);
    expect(records.map(({ id, endReason }) => [id, endReason])).toEqual([[call.id, 'gateway-lost']]);
    expect(Date.parse(records[0].endedAt)).toBeGreaterThanOrEqual(Date.parse(records[0].answeredAt ?? ''));
    expect(await next.calls()).toEqual([]);
  }, 180_000);
});

describeWith(
  [missingForGateway(), missingForDrachtioServer()],
  'a gateway behind drachtio-server that is killed',
  () => {
    it('leaves a silent line, which its next start hangs up with a reason', async () => {
      const { livekit, env } = await livekitOfOthers();
      const { server, env: edge } = await drachtio();
      const where = await place();
      const one = await gateway(where, { ...env, ...edge });
      const caller = await talker(server.sipPort, livekit);
      const impatient = await Caller.open(server.sipPort, '4930111333');
      open.push(impatient);
      await impatient.dial('demo');
      const ids = (await one.calls()).map(({ id }) => id).sort();
      await killed(one);
      await emptied(livekit);
      // drachtio-server has the dialog, and nobody behind it.
      expect((await impatient.call.request('BYE')).status).toBe(481);
      const hungUp = caller.hungUp(nothingLeftMs);
      const next = await gateway(where, { ...env, ...edge });
      expect(await hungUp).toContain('The gateway that carried the call died');
      const records = await recordsOf(next);
      expect(records.map(({ id }) => id).sort()).toEqual(ids);
      expect(records.every(({ endReason }) => endReason === 'gateway-lost')).toBe(true);
      expect(await people(livekit)).toEqual([]);
    }, 180_000);
  },
  { elective: true },
);

describeWith(
  [missingForGateway(), missingForDrachtioServer(), missingForPostgres()],
  'two gateways behind drachtio-server, on one database',
  () => {
    it('clear each other’s calls away when one is killed, and never have one name', async () => {
      const { livekit, env } = await livekitOfOthers();
      const { server, env: edge } = await drachtio();
      const postgres = await startPostgres();
      open.push(postgres);
      const shared = { ...env, ...edge, DATABASE_URL: postgres.url };
      const [here, there] = [await place(), await place()];
      const one = await gateway(here, shared, ['--name', 'one']);
      const caller = await talker(server.sipPort, livekit);
      const [call] = await one.calls();
      mkdirSync(join(there.folder, 'data'), { mode: 0o700 });
      copyFileSync(join(here.folder, 'data/pin-keys.json'), join(there.folder, 'data/pin-keys.json'));
      const namesake = new StartedGateway(there, ['--name', 'one'], shared);
      open.push(namesake);
      expect(await namesake.exited()).toBe(1);
      expect(namesake.stderr).toContain('A gateway named “one” runs already');
      expect(namesake.stderr).toContain('GATEWAY_NAME');
      const two = await gateway(there, shared, ['--name', 'two']);
      const hungUp = caller.hungUp(nothingLeftMs);
      await killed(one);
      const sinceMs = performance.now();
      expect(await hungUp).toContain('The gateway that carried the call died');
      console.log(`hung up by the other gateway after ${Math.round(performance.now() - sinceMs)} ms`);
      await emptied(livekit);
      const records = await recordsOf(two);
      expect(records.map(({ id, endReason }) => [id, endReason])).toEqual([[call.id, 'gateway-lost']]);
      await talker(server.sipPort, livekit);
    }, 240_000);
  },
  { elective: true },
);

describeWith(
  [missingForGateway(), missingForDrachtioServer()],
  'a drachtio-server that is killed and comes back',
  () => {
    it('takes no voice with it; new calls work within seconds, and who hangs up is noticed', async () => {
      const { livekit, env } = await livekitOfOthers();
      const { server, env: edge } = await drachtio();
      const where = await place();
      const one = await gateway(where, { ...env, ...edge }, ['--media.silenceSeconds', '3']);
      const caller = await talker(server.sipPort, livekit);
      const other = await Caller.open(server.sipPort, '4930111333');
      open.push(other);
      await other.dial('demo');
      other.phone.speak((from) => tone(1000, 8000, 160, from));
      const hears = () => toneDb(caller.phone.heard(400), 1000) > -20;
      await until('they hear each other', hears, 25_000);
      await server.kill();
      await until('it is told', async () => (await one.ready()).sip.state === 'down', 10_000);
      const sinceMs = performance.now();
      await until('the voice goes on', () => toneDb(caller.phone.heard(400, sinceMs + 500), 1000) > -20);
      await server.restart();
      await one.untilReady('the server is found again');
      const newcomer = await Caller.open(server.sipPort, '4930111444');
      open.push(newcomer);
      await newcomer.dial('9196');
      console.log(`a new call after ${Math.round(performance.now() - sinceMs)} ms`);
      await newcomer.hangUp();
      expect((await caller.call.request('BYE')).status).toBe(481);
      caller.phone.hush();
      other.phone.hush();
      await until('no call is left', async () => (await one.calls()).length === 0, nothingLeftMs);
      await emptied(livekit);
      const ends = (await recordsOf(one)).map(({ endReason }) => endReason).sort();
      expect(ends).toEqual(['caller-hung-up', 'peer-unreachable', 'peer-unreachable']);
    }, 180_000);
  },
  { elective: true },
);

describeWith(
  [missingForGateway(), missingForDrachtioServer(), missingForFreeSwitch()],
  'a gateway behind drachtio-server, on FreeSWITCH, that is killed and stays away',
  () => {
    it('leaves neither channel nor participant behind after a minute', async () => {
      const { livekit, env } = await livekitOfOthers();
      const { server, env: edge } = await drachtio();
      const mixer = await startFreeSwitch();
      open.push(mixer);
      const mixing = {
        ...{ MIXING: 'freeswitch', FREESWITCH_HOST: mixer.host },
        ...{ FREESWITCH_PORT: String(mixer.port), FREESWITCH_SECRET: mixer.secret },
      };
      const where = await place();
      const one = await gateway(where, { ...env, ...edge, ...mixing });
      const caller = await talker(server.sipPort, livekit);
      const channels = async (): Promise<number> =>
        Number(/^(\d+) total/m.exec(await mixer.api('show channels count'))?.[1]);
      await until('FreeSWITCH has the caller', async () => (await channels()) > 0);
      const [call] = await one.calls();
      const sinceMs = performance.now();
      await killed(one);
      await emptied(livekit);
      // By their leases: drachtio-server keeps the dialogs, and nobody is there to say BYE.
      await until('no channel is left', async () => (await channels()) === 0, nothingLeftMs);
      console.log(`no channel is left after ${Math.round(performance.now() - sinceMs)} ms`);
      const hungUp = caller.hungUp(nothingLeftMs);
      const next = await gateway(where, { ...env, ...edge, ...mixing });
      expect(await hungUp).toContain('The gateway that carried the call died');
      const records = await recordsOf(next);
      expect(records.map(({ id, endReason }) => [id, endReason])).toEqual([[call.id, 'gateway-lost']]);
    }, 240_000);
  },
  { elective: true },
);

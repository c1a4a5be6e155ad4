/** What two who are connected notice when something between them dies: nobody stays on the line for ever. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { tone, toneDb } from '../support/audio.ts';
import { Caller } from '../support/caller.ts';
import { Carrier } from '../support/carrier.ts';
import { DrachtioServer, missingForDrachtioServer } from '../support/drachtio-server.ts';
import { missingForGateway } from '../support/gateway.ts';
import { startLiveKit } from '../support/livekit.ts';
import { describeWith } from '../support/needs.ts';
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

interface Scene {
  readonly place: Place;
  readonly gateway: StartedGateway;
  readonly caller: Caller;
  readonly carrier: Carrier;
  /** The same gateway once more. */
  readonly restart: () => Promise<StartedGateway>;
}

/** A caller and a carrier who hear each other. */
async function connected(options: readonly string[] = [], server?: DrachtioServer): Promise<Scene> {
  const livekit = await startLiveKit();
  open.push(livekit);
  const place = await freePlace();
  open.push({ close: () => place.remove() });
  const carrier = await Carrier.open();
  open.push(carrier);
  const plans = join(place.folder, 'plans');
  mkdirSync(plans);
  const plan = `version: 1
trunks: [{ name: carrier, to: '${carrier.uri}', srtp: off }]
rules: [{ name: out, match: { called: 3000 }, action: { bridge: { trunk: carrier, number: '+4940200' } } }]
`;
  writeFileSync(join(plans, 'plan.yaml'), plan);
  const env = {
    ...{ LIVEKIT_URL: livekit.url, LIVEKIT_API_KEY: livekit.apiKey, LIVEKIT_API_SECRET: livekit.apiSecret },
    ...(server && {
      DRACHTIO_HOST: '127.0.0.1',
      DRACHTIO_PORT: String(server.adminPort),
      DRACHTIO_SECRET: server.secret,
    }),
  };
  const restart = async (): Promise<StartedGateway> => {
    const one = new StartedGateway(place, ['--dialPlans.folder', plans, ...options], env);
    open.push(one);
    await one.up();
    return one;
  };
  const gateway = await restart();
  const sipPort = server?.sipPort ?? place.sip;
  carrier.serverPort = sipPort;
  const caller = await Caller.open(sipPort, '4930320');
  open.push(caller);
  const answered = caller.dial('3000');
  await carrier.answer(await carrier.called());
  await answered;
  caller.phone.speak((from) => tone(440, 8000, 160, from));
  carrier.phone.speak((from) => tone(1000, 8000, 160, from));
  await until('the caller hears the carrier', () => hears(caller, 1000), 15_000);
  await until('the carrier hears the caller', () => hears(carrier, 440), 15_000);
  return { place, gateway, caller, carrier, restart };
}

function hears({ phone }: { readonly phone: Caller['phone'] }, hz: number, sinceMs?: number): boolean {
  return toneDb(phone.heard(200, sinceMs), hz) > -30;
}

/** Kills the gateway's own process, as a crash would, and sees all that it started go. */
async function killed(gateway: StartedGateway): Promise<void> {
  const processes = gateway.processes();
  gateway.kill('SIGKILL');
  await gateway.exited();
  await until('its processes are gone', () => stillRunning(processes).length === 0, nothingLeftMs);
}

/** Of so many sides of calls, by whoever was left to write their records. */
async function endReasons(gateway: StartedGateway, count = 2): Promise<string[]> {
  return until('all records', async () => {
    const { calls } = (await gateway.api('/records/calls?limit=100')) as { calls: { endReason: string }[] };
    return calls.length === count ? calls.map(({ endReason }) => endReason).sort() : null;
  });
}

describeWith([missingForGateway()], 'two who are connected', () => {
  it('are both hung up on when the gateway is killed, and who was still ringing is let go', async () => {
    const { gateway, caller, carrier, place, restart } = await connected();
    const third = await Caller.open(place.sip, '4930321');
    open.push(third);
    const call = third.invite('3000');
    const ringing = await carrier.called();
    carrier.ua.reply(ringing, 180, { tag: 'ringing' });
    await call.response(180);
    const hungUp = caller.hungUp(nothingLeftMs);
    const othersHungUp = carrier.ua.nextRequest('BYE', nothingLeftMs);
    const cancelled = carrier.ua.nextRequest('CANCEL', nothingLeftMs);
    const diedMs = performance.now();
    await Promise.all([killed(gateway), call.response(503, nothingLeftMs).then(() => call.ackRefusal())]);
    expect(await hungUp).toMatch(/text=/);
    const bye = await othersHungUp;
    carrier.ua.reply(bye, 200);
    expect(bye.all('reason').join()).toMatch(/text=/);
    carrier.ua.reply(await cancelled, 200);
    carrier.ua.reply(ringing, 487, { tag: 'ringing' });
    console.log(`both hung up after ${Math.round(performance.now() - diedMs)} ms`);
    const next = await restart();
    // The two, and those of the call that rang.
    expect(new Set(await endReasons(next, 4))).toEqual(new Set(['gateway-lost']));
    expect(await next.calls()).toEqual([]);
  }, 180_000);

  it('talk on when the SIP edge is killed; when one hangs up the other is let go', async () => {
    const { gateway, caller, carrier } = await connected(['--media.silenceSeconds', '3']);
    const { pid } = (await gateway.ready()).sip;
    process.kill(pid ?? 0, 'SIGKILL');
    const killedMs = performance.now();
    await gateway.untilReady('the SIP edge is back', ({ sip }) => sip.pid !== pid);
    await until('the caller hears on', () => hears(caller, 1000, killedMs + 500), 15_000);
    await until('the carrier hears on', () => hears(carrier, 440, killedMs + 500), 15_000);
    // The new edge knows nothing of the call.
    expect((await caller.call.request('BYE')).status).toBe(481);
    caller.phone.hush();
    await until('no call is left', async () => (await gateway.calls()).length === 0, nothingLeftMs);
    expect(await endReasons(gateway)).toEqual(['peer-unreachable', 'peer-unreachable']);
    // Nobody sends it anything any more; its own silence, or its session's end, is up to it.
    const endedMs = performance.now();
    carrier.phone.packets.length = 0;
    await until('the line is dead', () => performance.now() > endedMs + 1000);
    expect(carrier.phone.packets).toEqual([]);
  }, 180_000);
});

describeWith(
  [missingForGateway(), missingForDrachtioServer()],
  'two who are connected through drachtio-server',
  () => {
    it('hear silence when the gateway is killed; its next start hangs both up', async () => {
      const server = await DrachtioServer.start();
      open.push(server);
      const { gateway, caller, carrier, restart } = await connected([], server);
      await killed(gateway);
      const hungUp = caller.hungUp(nothingLeftMs);
      const othersHungUp = carrier.ua.nextRequest('BYE', nothingLeftMs);
      const next = await restart();
      expect(await hungUp).toContain('The gateway that carried the call died');
      const bye = await othersHungUp;
      carrier.ua.reply(bye, 200);
      expect(bye.all('reason').join()).toContain('The gateway that carried the call died');
      expect(await endReasons(next)).toEqual(['gateway-lost', 'gateway-lost']);
    }, 180_000);
  },
  { elective: true },
);

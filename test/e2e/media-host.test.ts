/** A gateway whose media node is run by a media host: another process group, and media at another address. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../gateway/config/ports-in-use.ts';
import { checkMediaHost } from '../../gateway/doctor/checks/media-host.ts';
import { openHostedNode } from '../../mcu/control/start-node.ts';
import { tone, toneDb } from '../support/audio.ts';
import { Caller } from '../support/caller.ts';
import { missingForGateway, startTestGateway } from '../support/gateway.ts';
import type { TestGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { configOf } from '../support/node-under-test.ts';
import { Phone } from '../support/phone.ts';
import { quietLog } from '../support/quiet-log.ts';
import { StartedMediaHost } from '../support/started-media-host.ts';
import { until } from '../support/until.ts';

const secret = 'secret-of-the-media-host';
/** Of this machine, but not where anything else of the gateway listens. */
const mediaAddress = '127.0.0.3';

describeWith([missingForGateway()], 'a gateway with a media host', () => {
  let port: number;
  let gateway: TestGateway;
  let host: StartedMediaHost;
  const callers: Caller[] = [];

  const startHost = async (): Promise<StartedMediaHost> => {
    const one = new StartedMediaHost({
      MEDIA_HOST_SECRET: secret,
      MEDIA_HOST_PORT: String(port),
      MEDIA_HOST_ADDRESS: mediaAddress,
    });
    await one.up();
    return one;
  };

  beforeAll(async () => {
    port = await freePort('127.0.0.1');
    gateway = await startTestGateway([
      ...['--mediaHost.url', `ws://127.0.0.1:${port}`, '--mediaHost.secret', secret],
    ]);
  });
  afterEach(async () => {
    await Promise.all(callers.splice(0).map((one) => one.close()));
  });
  afterAll(async () => {
    await gateway.close();
    await (host as StartedMediaHost | undefined)?.close();
  });

  async function readiness(): Promise<{
    status: number;
    node: { state: string; detail?: string; pid: number | null };
  }> {
    const response = await fetch(`${gateway.httpUrl}/readyz`);
    const { parts } = (await response.json()) as {
      parts: { media: { state: string; pid: number | null }[] };
    };
    return { status: response.status, node: parts.media[0] };
  }
  const untilUp = () =>
    until('the media node runs', async () => (await readiness()).node.state === 'up', 40_000);

  async function caller(to: string): Promise<Caller> {
    const one = await Caller.open(gateway.sipPort);
    callers.push(one);
    const answer = await one.dial(to);
    expect(answer.body).toContain(`c=IN IP4 ${mediaAddress}\r\n`);
    const rtpPort = Number(/m=audio (\d+)/.exec(answer.body)?.[1]);
    one.phone.dial({ address: mediaAddress, rtpPort, rtcpPort: rtpPort + 1 });
    one.phone.speak((from) => tone(350, 8000, 160, from));
    return one;
  }
  const hearsEcho = (one: Caller, sinceMs = -Infinity): boolean =>
    toneDb(one.phone.heard(400, sinceMs), 350) > -14;

  it('starts without it, says so, refuses calls in words, and is ready once it is there', async () => {
    const before = await readiness();
    expect(before).toMatchObject({ status: 503, node: { state: 'down' } });
    expect(before.node.detail).toContain(`the media host at 127.0.0.1:${port} does not run`);
    const early = await Caller.open(gateway.sipPort);
    callers.push(early);
    const refused = early.invite('9196');
    await refused.response(503);
    refused.ackRefusal();
    host = await startHost();
    await untilUp();
    expect(await readiness()).toMatchObject({ status: 200, node: { detail: `at 127.0.0.1:${port}` } });
    expect(gateway.log()).not.toContain(secret);
  }, 60_000);

  it('brings calls into rooms by it', async () => {
    const one = await caller('demo');
    await one.hears('first-here', 'en', 20_000);
    await one.hangUp();
  }, 60_000);

  it('goes on with a call when the media node there dies', async () => {
    const one = await caller('9196');
    await until('the echo is heard', () => hearsEcho(one), 25_000);
    const { node } = await readiness();
    process.kill(node.pid ?? 0, 'SIGKILL');
    const killedMs = performance.now();
    await until('the echo is heard again', () => hearsEcho(one, killedMs + 15), 15_000);
    await one.hangUp();
  }, 60_000);

  it('is seen by the doctor, whose visit disturbs nobody', async () => {
    const place = { url: `ws://127.0.0.1:${port}`, secret, ca: null, plainAnywhere: false };
    const { signal } = new AbortController();
    expect(await checkMediaHost(place, signal)).toMatchObject([{ state: 'ok' }]);
    expect(await checkMediaHost({ ...place, secret: 'another-secret-altogether' }, signal)).toMatchObject([
      { state: 'failed', why: expect.stringContaining('has another secret') as string },
    ]);
    expect((await readiness()).status).toBe(200);
  }, 30_000);

  it('ends its calls in words when the host is gone for good, and takes new ones when it is back', async () => {
    const one = await caller('9196');
    await until('the echo is heard', () => hearsEcho(one), 25_000);
    host.kill('SIGKILL');
    expect(await one.hungUp(30_000)).not.toBe('');
    await until(
      'its record says why',
      async () => (await gateway.records()).some(({ endReason }) => endReason === 'media-lost'),
      10_000,
    );
    expect((await readiness()).status).toBe(503);
    host = await startHost();
    await untilUp();
    const next = await caller('9196');
    await until('the echo is heard', () => hearsEcho(next), 25_000);
    await next.hangUp();
  }, 120_000);

  it('goes on with calls when the host dies and is back in time', async () => {
    const place = { url: `ws://127.0.0.1:${port}`, secret, ca: null, plainAnywhere: false };
    // How fast a process starts on a busy machine is not the subject.
    const node = await openHostedNode({
      ...{ id: 'node-2', at: place, silenceSeconds: 30, logLevel: 'debug', video: null, log: quietLog() },
      access: () => Promise.reject(new Error('no rooms')),
      restoreWithinMs: 60_000,
    });
    const phone = await Phone.open('PCMU');
    try {
      const leg = await node.openLeg('leg-1');
      phone.dial(leg.local);
      await leg.configure(configOf(phone));
      await leg.hear('echo');
      phone.speak((from) => tone(350, 8000, 160, from));
      const hears = (sinceMs = -Infinity) => toneDb(phone.heard(400, sinceMs), 350) > -14;
      await until('the echo is heard', () => hears(), 10_000);
      host.kill('SIGKILL');
      const killedMs = performance.now();
      await host.exited();
      host = await startHost();
      await until('the echo is heard again', () => hears(killedMs + 1000), 40_000);
      const back = phone.packets.find(({ atMs }) => atMs > killedMs + 100);
      console.log(`back after ${Math.round((back?.atMs ?? 0) - killedMs)} ms`);
    } finally {
      phone.close();
      await node.close();
    }
  }, 120_000);
});

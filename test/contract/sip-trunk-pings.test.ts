/** OPTIONS to trunks that ask for it, through the SIP stack. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Edge, Trunk } from '../../gateway/ports.ts';
import { createSipEdge } from '../../gateway/sip/sip-edge.ts';
import { FakeMediaNode } from '../fakes/media-node.ts';
import { gateway } from '../support/clause.ts';
import { embeddedEdge, realEdge } from '../support/edge-under-test.ts';
import type { EdgeUnderTest } from '../support/edge-under-test.ts';
import { serverPlace } from '../support/server-place.ts';
import { quietLog } from '../support/quiet-log.ts';
import type { LogLine } from '../support/quiet-log.ts';
import { SipUa } from '../support/sip-ua.ts';
import { until } from '../support/until.ts';

let server: EdgeUnderTest;
beforeAll(async () => {
  server = realEdge() ?? (await embeddedEdge());
});
afterAll(() => server.close());

let edge: Edge;
let peer: SipUa;
let lines: LogLine[];
let trunks: Trunk[];

beforeEach(async () => {
  lines = [];
  peer = await SipUa.open({ serverPort: server.sipPort, transport: 'udp', user: 'carrier' });
  trunks = [pinged(`sip:127.0.0.1:${peer.port}`)];
  edge = createSipEdge({
    servers: [serverPlace(server.adminPort, server.secret)],
    embedded: { pid: () => null },
    media: new FakeMediaNode(),
    trunks: { findTrunk: () => null },
    pinged: () => trunks,
    publicAddresses: [],
    codecs: ['PCMU'],
    log: quietLog(lines),
    limits: { pingMs: 1500 },
  });
  await edge.start(
    () => undefined,
    () => undefined,
  );
});
afterEach(async () => {
  await edge.close();
  await peer.close();
});

/** By default more often than a plan allows. */
function pinged(uri: string, everySeconds = 0.05): Trunk {
  return {
    name: 'carrier',
    sources: ['192.0.2.1'],
    srtp: 'prefer',
    video: true,
    tls: false,
    ping: { uri, everySeconds },
  };
}

/** Answers the next ping. */
async function answer(status: number): Promise<void> {
  peer.reply(await peer.nextRequest('OPTIONS'), status);
}

const is = (up: boolean) => () => edge.trunks().some((one) => one.trunk === 'carrier' && one.up === up);

const told = () => lines.map(({ sentence }) => sentence).filter((sentence) => sentence.startsWith('trunk '));

test('a trunk that answers is up, and that is said once', gateway('RFC 3261 §11'), async () => {
  const ping = await peer.nextRequest('OPTIONS');
  expect(ping.headers.accept).toBe('application/sdp');
  peer.reply(ping, 200);
  await until('it is up', is(true));
  await answer(200);
  await answer(200);
  expect(told()).toEqual(['trunk answers']);
});

test.each([403, 404, 405, 481, 500, 603])('a trunk that refuses with %i is up', async (status) => {
  await answer(status);
  await until('it is up', is(true));
});

test.each([408, 503])('a trunk that says %i is down', async (status) => {
  await answer(status);
  await until('it is down', is(false));
});

test('a trunk that is silent is down, and up when it comes back; each change is said once', async () => {
  await until('it is down', is(false));
  await until('it is still asked', () => peer.log.length > 3, 15_000);
  expect(told()).toEqual(['trunk does not answer']);
  // Repetitions of pings that were given up are answered, too; the one that is waited for is among them.
  await until('it is up', async () => {
    await answer(200);
    return is(true)();
  });
  expect(told()).toEqual(['trunk does not answer', 'trunk answers']);
});

test('a trunk that nobody can reach is down; the SIP server stays up', async () => {
  await peer.close();
  await until('it is down', is(false));
  expect(edge.status().state).toBe('up');
});

test('a plan that has changed counts: another address, no pings any more', async () => {
  await answer(200);
  await until('it is up', is(true));
  const other = await SipUa.open({ serverPort: server.sipPort, transport: 'udp', user: 'carrier' });
  trunks = [pinged(`sip:127.0.0.1:${other.port}`)];
  other.reply(await other.nextRequest('OPTIONS'), 503);
  await until('it is down', is(false));
  trunks = [];
  await until('nothing is said of it', () => edge.trunks().length === 0);
  await other.close();
});

test('a plan that asks more often counts at once', async () => {
  const other = await SipUa.open({ serverPort: server.sipPort, transport: 'udp', user: 'carrier' });
  const uri = `sip:127.0.0.1:${other.port}`;
  trunks = [pinged(uri, 3600)];
  other.reply(await other.nextRequest('OPTIONS'), 503);
  await until('it is down', is(false));
  trunks = [pinged(uri)];
  other.reply(await other.nextRequest('OPTIONS'), 200);
  await until('it is up', is(true));
  await other.close();
});

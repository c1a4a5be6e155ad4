import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Edge, Leg } from '../../gateway/ports.ts';
import { startEdge } from '../../gateway/sip/edge/edge.ts';
import { createSipEdge } from '../../gateway/sip/sip-edge.ts';
import { FakeMediaNode } from '../fakes/media-node.ts';
import { PlainCaller } from '../support/plain-caller.ts';
import { serverPlace } from '../support/server-place.ts';
import { quietLog } from '../support/quiet-log.ts';

const secret = 'of the tests';
const offer = 'v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 6000 RTP/AVP 0\r\n';
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function edgeOn(port: number, media = new FakeMediaNode()): Edge {
  const edge = createSipEdge({
    servers: [serverPlace(port, secret)],
    embedded: null,
    media,
    trunks: { findTrunk: () => null },
    publicAddresses: [],
    codecs: ['PCMU', 'PCMA'],
    log: quietLog(),
    limits: { connectMs: 1000, hangUpMs: 200, aliveMs: 500 },
  });
  closers.push(() => edge.close());
  return edge;
}

/** A drachtio server that welcomes apps and keeps what they say. */
async function listener() {
  const said: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('data', (bytes) => {
      for (const frame of bytes.toString().split(/(?:^|(?<=[a-z|]))\d+#/)) {
        if (frame === '') continue;
        const [id, type, word] = frame.split('|');
        said.push(type === 'route' ? `route ${word}` : type);
        const data = type === 'authenticate' ? '|udp/127.0.0.1:5060|v0.9.10|udp/127.0.0.1:5060' : '';
        const answer = `x|response|${id}|OK${data}`;
        socket.write(`${answer.length}#${answer}`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  closers.push(() => {
    drop();
    return new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as AddressInfo).port, said, drop };
}

describe('the way to the SIP server', () => {
  it('asks for each method once a connection, so that several gateways share the calls evenly', async () => {
    const server = await listener();
    await edgeOn(server.port).start(
      () => undefined,
      () => undefined,
    );
    const routes = () => server.said.filter((word) => word.startsWith('route'));
    await expect.poll(() => routes().length).toBe(10);
    expect(new Set(routes()).size).toBe(10);
    expect(routes()).toContain('route invite');
    server.said.length = 0;
    server.drop();
    await expect.poll(() => routes().length, { timeout: 5000 }).toBe(10);
    expect(new Set(routes()).size).toBe(10);
  });

  it('may be missing at the start: it says so and is found later', async () => {
    const first = await startEdge({ host: '127.0.0.1', port: 0, adminPort: 0, secret });
    await first.close(0);
    const edge = edgeOn(first.adminPort);
    await edge.start(
      () => undefined,
      () => undefined,
    );
    expect(edge.status()).toMatchObject({ state: 'down', embedded: false, version: null });
    const second = await startEdge({ host: '127.0.0.1', port: 0, adminPort: first.adminPort, secret });
    closers.push(() => second.close(0));
    await expect.poll(() => edge.status().state, { timeout: 10_000 }).toBe('up');
  });

  it('ends what was ringing when it breaks, keeps who talks, and takes new calls when it is back', async () => {
    const first = await startEdge({ host: '127.0.0.1', port: 0, adminPort: 0, secret });
    const media = new FakeMediaNode();
    const edge = edgeOn(first.adminPort, media);
    let arrived: (leg: Leg) => void = () => undefined;
    await edge.start(
      (leg) => arrived(leg),
      () => undefined,
    );
    const next = () => new Promise<Leg>((resolve) => (arrived = resolve));
    const callerOf = async (port: number) => {
      const caller = await PlainCaller.open(port);
      closers.push(() => caller.close());
      return caller;
    };

    const talker = await callerOf(first.sipPort);
    let coming = next();
    talker.send('INVITE', { body: offer });
    const talking = await coming;
    const answered = talking.answer();
    await talker.final('INVITE');
    talker.send('ACK');
    await answered;
    const ringer = await callerOf(first.sipPort);
    coming = next();
    ringer.send('INVITE', { body: offer });
    const ringing = await coming;
    await ringing.ring();
    const ended: string[] = [];
    ringing.on('ended', (reason) => ended.push(reason));
    talking.on('ended', (reason) => ended.push(`talking ${reason}`));

    await first.close(0);
    await expect.poll(() => edge.status().state).toBe('down');
    expect(ended.filter((reason) => !reason.startsWith('talking'))).toHaveLength(1);
    await ringing.end('peer-unreachable');

    const second = await startEdge({ host: '127.0.0.1', port: 0, adminPort: first.adminPort, secret });
    closers.push(() => second.close(0));
    await expect.poll(() => edge.status().state, { timeout: 10_000 }).toBe('up');
    expect(await talking.isAlive()).toBe(false);
    await talking.end('peer-unreachable');
    const later = await callerOf(second.sipPort);
    coming = next();
    later.send('INVITE', { body: offer });
    await (await coming).end('no-route');
    expect((await later.final('INVITE')).status).toBe(404);
    expect(media.open).toEqual([]);
  });
});

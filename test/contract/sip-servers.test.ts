/** Several SIP servers at once, TLS to them, and those that connect to us; with edges of our own. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../gateway/config/ports-in-use.ts';
import { startEdge } from '../../gateway/sip/edge/edge.ts';
import type { Edge as EmbeddedEdge } from '../../gateway/sip/edge/edge.ts';
import type { SipEdgeOptions } from '../../gateway/sip/sip-edge.ts';
import { TestAuthority } from '../support/certificates.ts';
import { serverPlace } from '../support/server-place.ts';
import { SipSide } from '../support/sip-side.ts';
import { until } from '../support/until.ts';

const secret = 'of the tests';
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function server(adminPort = 0, itsSecret = secret): Promise<EmbeddedEdge> {
  const edge = await startEdge({ host: '127.0.0.1', port: 0, adminPort, secret: itsSecret });
  closers.push(() => edge.close(0));
  return edge;
}

async function side(options: Pick<SipEdgeOptions, 'servers'> & Partial<SipEdgeOptions>): Promise<SipSide> {
  const one = await SipSide.start(options);
  closers.push(() => one.close());
  return one;
}

describe('several SIP servers', () => {
  it('bring calls side by side; each is hung up where it came by, from either end', async () => {
    const [a, b] = [await server(), await server()];
    const gateway = await side({ servers: [a, b].map(({ adminPort }) => serverPlace(adminPort, secret)) });
    const [first, second] = [await gateway.talk(a.sipPort), await gateway.talk(b.sipPort)];
    expect(first.place.server).toBe(`127.0.0.1:${a.adminPort}`);
    expect(second.place.server).toBe(`127.0.0.1:${b.adminPort}`);
    const ending = first.leg.end('room-ended');
    expect((await first.caller.bye()).headers.reason).toContain('room was closed');
    await ending;
    expect((await second.caller.ask('BYE')).status).toBe(200);
    expect(await second.ended).toBe('caller-hung-up');
  });

  it('go on without the one that dies: its talkers talk on, the others notice nothing, and it is found again', async () => {
    const [a, b] = [await server(), await server()];
    const gateway = await side({ servers: [a, b].map(({ adminPort }) => serverPlace(adminPort, secret)) });
    const [first, second] = [await gateway.talk(a.sipPort), await gateway.talk(b.sipPort)];
    await a.close(0);
    await until('it is told', () => gateway.states()[0] === 'down');
    expect(gateway.states()).toEqual(['down', 'up']);
    expect(gateway.edge.status().state).toBe('up');
    expect(await first.leg.isAlive()).toBe(false);
    expect((await second.caller.ask('BYE')).status).toBe(200);
    await gateway.takesCalls(b.sipPort);
    const again = await server(a.adminPort);
    await until('it is found again', () => gateway.states()[0] === 'up', 10_000);
    await gateway.talk(again.sipPort);
    await first.leg.end('peer-unreachable');
  });

  it('of which one refuses the secret leave the others alone; once that is mended, it is taken', async () => {
    const [a, b] = [await server(0, 'another'), await server()];
    const gateway = await side({
      servers: [a, b].map(({ adminPort }) => serverPlace(adminPort, secret)),
      limits: { refusedMs: 200 },
    });
    expect(gateway.states()).toEqual(['down', 'up']);
    expect(gateway.edge.servers()[0].detail).toMatch(/refused the secret\..*DRACHTIO_SECRET/);
    await gateway.takesCalls(b.sipPort);
    await a.close(0);
    await server(a.adminPort);
    await until('it is taken', () => gateway.states()[0] === 'up', 10_000);
    const refusals = gateway.log.filter(({ facts }) => JSON.stringify(facts).includes('EDGE_SECRET_REFUSED'));
    expect(refusals.map(({ sentence }) => sentence)).toEqual(['SIP server can’t be used']);
    expect(JSON.stringify(gateway.log)).not.toContain(secret);
  });

  it('notice one that went silent without a word', async () => {
    const a = await server();
    const relay = await silencer(a.adminPort);
    const gateway = await side({ servers: [serverPlace(relay.port, secret)], limits: { heartbeatMs: 100 } });
    expect(gateway.states()).toEqual(['up']);
    relay.hush();
    await until('it is told', () => gateway.states()[0] === 'down');
    expect(JSON.stringify(gateway.log)).toContain('nothing came from it');
    relay.speak();
    await until('it is found again', () => gateway.states()[0] === 'up', 10_000);
  });
});

describe('a SIP server that talks nonsense', () => {
  it.each([
    ['a number that is none', 'no frame at all#'],
    ['a type that nobody knows', '20#x|nonsense|y'],
    ['a frame without parts', '5#hello'],
    ['an empty frame', '0#'],
    ['a request that is none', '33#x|sip|network|1|udp|h|1|t|t||\r\n??'],
    ['zeros', `${'\0'.repeat(3000)}#`],
    ['half a frame', '99#x'],
  ])('in the way of %s is let go of and tried again; nothing else happens', async (_way, nonsense) => {
    let times = 0;
    const babbler = createServer((socket) => {
      times += 1;
      socket.on('error', () => undefined);
      socket.end(nonsense);
    });
    await once(babbler.listen(0, '127.0.0.1'), 'listening');
    closers.push(() => babbler.close());
    const good = await server();
    const { port } = babbler.address() as AddressInfo;
    const gateway = await side({
      servers: [serverPlace(port, secret), serverPlace(good.adminPort, secret)],
      limits: { connectMs: 300 },
    });
    await until('it was tried again', () => times > 1);
    expect(gateway.states()).toEqual(['down', 'up']);
    await gateway.takesCalls(good.sipPort);
  });
});

describe('a SIP server over TLS', () => {
  it('is shown the secret only after it has proved its name, at each new connection', async () => {
    const a = await server();
    const authority = new TestAuthority();
    const port = await tlsInFrontOf(a.adminPort, authority.issue({ addresses: ['127.0.0.1'] }));
    const tls = { ca: authority.cert };
    const gateway = await side({ servers: [serverPlace(port.port, secret, { tls })] });
    expect(gateway.states()).toEqual(['up']);
    const { caller, ended } = await gateway.talk(a.sipPort);
    expect((await caller.ask('BYE')).status).toBe(200);
    expect(await ended).toBe('caller-hung-up');
    port.drop();
    await until('it is told', () => gateway.states()[0] === 'down');
    await until('it is found again', () => gateway.states()[0] === 'up', 10_000);
    expect(port.heard()).not.toContain('notTLS');
  });

  it('that is an impostor hears nothing', async () => {
    const a = await server();
    const impostor = await tlsInFrontOf(a.adminPort, new TestAuthority().issue({ addresses: ['127.0.0.1'] }));
    const tls = { ca: new TestAuthority('Another').cert };
    const gateway = await side({
      servers: [serverPlace(impostor.port, secret, { tls })],
      limits: { connectMs: 500 },
    });
    expect(gateway.states()).toEqual(['down']);
    expect(gateway.edge.status().detail).toMatch(/self-signed certificate|unable to verify|certificate/);
    expect(impostor.heard()).toBe('');
  });
});

describe('SIP servers that connect to us', () => {
  const listen = async (more = {}) => ({
    host: '127.0.0.1',
    port: await freePort('127.0.0.1'),
    secret,
    from: ['127.0.0.1'],
    tls: null,
    ...more,
  });
  const from = async (port: number, localAddress: string): Promise<Socket> => {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    closers.push(() => socket.destroy());
    await once(socket, 'connect');
    return socket;
  };

  it('are let in by address: a stranger does not get to see the secret', async () => {
    const place = await listen();
    const gateway = await side({ servers: [], listen: place });
    const known = await from(place.port, '127.0.0.1');
    expect(String(((await once(known, 'data')) as [Buffer])[0])).toMatch(/\|authenticate\|of the tests\|/);
    const stranger = await from(place.port, '127.0.0.2');
    let heard = '';
    stranger.on('data', (bytes) => (heard += String(bytes)));
    await once(stranger, 'close');
    expect(heard).toBe('');
    expect(gateway.log.filter(({ sentence }) => sentence.includes('no SIP server'))).toHaveLength(1);
  });

  it('and say nothing more are let go of', async () => {
    const place = await listen();
    await side({ servers: [], listen: place, limits: { heartbeatMs: 50 } });
    await once((await from(place.port, '127.0.0.1')).resume(), 'close');
  });

  it('do so by TLS where there is a certificate', async () => {
    const authority = new TestAuthority();
    const { cert, key } = authority.issue({ addresses: ['127.0.0.1'] });
    const place = await listen({ tls: { certificate: cert, key } });
    await side({ servers: [], listen: place });
    const socket = connectTls({ port: place.port, host: '127.0.0.1', ca: authority.cert });
    closers.push(() => socket.destroy());
    expect(String(((await once(socket, 'data')) as [Buffer])[0])).toContain('|authenticate|');
  });

  it('are told of at the start when the port is somebody else’s', async () => {
    const other = createServer();
    await once(other.listen(0, '127.0.0.1'), 'listening');
    closers.push(() => other.close());
    const place = await listen({ port: (other.address() as AddressInfo).port });
    await expect(side({ servers: [], listen: place })).rejects.toMatchObject({ code: 'EDGE_PORT_TAKEN' });
  });
});

/** A relay that can stop to pass anything on, as a machine without power. */
async function silencer(to: number): Promise<{ port: number; hush: () => void; speak: () => void }> {
  const pairs = new Set<[Socket, Socket]>();
  let silent = false;
  const relay = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    pairs.add([near, far]);
    for (const [a, b] of [
      [near, far],
      [far, near],
    ]) {
      a.on('error', () => undefined).on('close', () => b.destroy());
      a.on('data', (bytes) => !silent && b.write(bytes));
    }
  });
  await once(relay.listen(0, '127.0.0.1'), 'listening');
  closers.push(() => {
    for (const [near, far] of pairs) for (const socket of [near, far]) socket.destroy();
    relay.close();
  });
  const { port } = relay.address() as AddressInfo;
  return { port, hush: () => (silent = true), speak: () => (silent = false) };
}

/** An admin port behind TLS. */
async function tlsInFrontOf(to: number, identity: { cert: string; key: string }) {
  const sockets = new Set<Socket>();
  let heard = '';
  const front = createTlsServer(identity, (near) => {
    const far = connect(to, '127.0.0.1');
    sockets.add(near).add(far);
    near.on('data', (bytes) => (heard += String(bytes)));
    for (const socket of [near, far]) socket.on('error', () => undefined);
    near.pipe(far).pipe(near);
  });
  front.on('tlsClientError', ({ message }: Error) => {
    if (message.includes('wrong version number') || message.includes('http request')) heard += 'notTLS';
  });
  await once(front.listen(0, '127.0.0.1'), 'listening');
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  closers.push(() => {
    drop();
    front.close();
  });
  return { port: (front.address() as AddressInfo).port, heard: () => heard, drop };
}

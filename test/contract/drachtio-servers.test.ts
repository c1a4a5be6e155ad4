/** The same with real drachtio-servers, and what only they do. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { freePort } from '../../gateway/config/ports-in-use.ts';
import type { SipEdgeOptions } from '../../gateway/sip/sip-edge.ts';
import { TestAuthority } from '../support/certificates.ts';
import { DrachtioServer, missingForDrachtioServer } from '../support/drachtio-server.ts';
import type { DrachtioOptions } from '../support/drachtio-server.ts';
import { offer } from '../support/legs.ts';
import { describeWith } from '../support/needs.ts';
import { serverPlace } from '../support/server-place.ts';
import { SipSide } from '../support/sip-side.ts';
import { until } from '../support/until.ts';

describeWith(
  [missingForDrachtioServer()],
  'real drachtio-servers',
  () => {
    const closers: (() => unknown)[] = [];

    afterEach(async () => {
      for (const close of closers.splice(0).reverse()) await close();
    });

    async function drachtio(options?: DrachtioOptions): Promise<DrachtioServer> {
      const server = await DrachtioServer.start(options);
      closers.push(() => server.close());
      return server;
    }

    async function side(
      options: Pick<SipEdgeOptions, 'servers'> & Partial<SipEdgeOptions>,
    ): Promise<SipSide> {
      const one = await SipSide.start(options);
      closers.push(() => one.close());
      return one;
    }

    const placeOf = ({ adminPort, secret }: DrachtioServer) => serverPlace(adminPort, secret);

    it('bring calls side by side; when one is killed the other goes on, and it is found again', async () => {
      const [a, b] = [await drachtio(), await drachtio()];
      const gateway = await side({ servers: [placeOf(a), placeOf(b)] });
      const [first, second] = [await gateway.talk(a.sipPort), await gateway.talk(b.sipPort)];
      await a.kill();
      await until('it is told', () => gateway.states()[0] === 'down');
      expect(await first.leg.isAlive()).toBe(false);
      const ending = second.leg.end('room-ended');
      expect((await second.caller.bye()).headers.reason).toContain('room was closed');
      await ending;
      await a.restart();
      await until('it is found again', () => gateway.states()[0] === 'up', 10_000);
      // The new server knows nothing of the call.
      expect((await first.caller.ask('BYE')).status).toBe(481);
      await first.leg.end('peer-unreachable');
      await gateway.talk(a.sipPort);
    });

    it('refuse a wrong secret, which ends nothing, and take the right one', async () => {
      const server = await drachtio();
      const wrong = serverPlace(server.adminPort, 'wrong');
      const gateway = await side({ servers: [wrong], limits: { refusedMs: 100 } });
      expect(gateway.states()).toEqual(['down']);
      expect(gateway.edge.status().detail).toMatch(/refused the secret\..*DRACHTIO_SECRET/);
      await server.kill();
      await until(
        'another reason is told',
        () => !gateway.edge.servers()[0].detail.includes('secret'),
        10_000,
      );
      await server.restart();
      await until('it is told again', () => gateway.edge.servers()[0].detail.includes('secret'), 10_000);
    });

    it('are reached by their tls-port, if their certificate is of the authority that is named', async () => {
      const authority = new TestAuthority();
      const server = await drachtio({ tls: authority.issue({ addresses: ['127.0.0.1'] }, 'RSA-2048') });
      const over = (ca: string) => serverPlace(server.tlsPort, server.secret, { tls: { ca } });
      const gateway = await side({ servers: [over(authority.cert)] });
      const { caller, leg } = await gateway.talk(server.sipPort);
      const ending = leg.end('room-ended');
      await caller.bye();
      await ending;
      const stranger = await side({
        servers: [over(new TestAuthority('Another').cert)],
        limits: { connectMs: 500 },
      });
      expect(stranger.states()).toEqual(['down']);
    });

    it.each(['tcp', 'tls'] as const)('connect to us over %s, with a connection a call', async (scheme) => {
      const port = await freePort('127.0.0.1');
      const server = await drachtio({ inviteHandler: `${scheme}://127.0.0.1:${port}` });
      const { cert, key } = new TestAuthority().issue({ addresses: ['127.0.0.1'] }, 'RSA-2048');
      const tls = scheme === 'tls' ? { certificate: cert, key } : null;
      const listen = { host: '127.0.0.1', port, secret: server.secret, from: ['127.0.0.1'], tls };
      const gateway = await side({ servers: [], listen });
      const [first, second] = [await gateway.talk(server.sipPort), await gateway.talk(server.sipPort)];
      expect(first.place.server).toBe('127.0.0.1');
      expect((await first.caller.ask('BYE')).status).toBe(200);
      expect(await first.ended).toBe('caller-hung-up');
      await first.leg.end('caller-hung-up');
      const ending = second.leg.end('room-ended');
      await second.caller.bye();
      await ending;
      await gateway.takesCalls(server.sipPort);
      expect(gateway.media.open).toEqual([]);
    });

    it('say 480 while nobody listens for them', async () => {
      const server = await drachtio({ inviteHandler: `tcp://127.0.0.1:${await freePort('127.0.0.1')}` });
      const gateway = await side({ servers: [placeOf(server)] });
      const caller = await gateway.phone(server.sipPort);
      caller.send('INVITE', { body: offer() });
      expect((await caller.final('INVITE')).status).toBe(480);
    });

    it('choose the gateway by its tag, when their request handler says so', async () => {
      const asked: string[] = [];
      const handler = createServer((request, response) => {
        asked.push(new URL(request.url ?? '', 'http://handler').searchParams.get('uriUser') ?? '');
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ action: 'route', data: { tag: 'blue' } }));
      });
      await once(handler.listen(0, '127.0.0.1'), 'listening');
      closers.push(() => handler.close());
      const { port } = handler.address() as AddressInfo;
      const server = await drachtio({ inviteHandler: `http://127.0.0.1:${port}/route` });
      const green = await side({ servers: [placeOf(server)], tags: ['green'] });
      const blue = await side({ servers: [placeOf(server)], tags: ['video', 'blue'] });
      for (let call = 0; call < 4; call += 1) await blue.talk(server.sipPort);
      expect(asked.length).toBeGreaterThanOrEqual(4);
      expect(green.media.legs).toEqual([]);
    });

    it('let another gateway hang up in the calls of one that is gone', async () => {
      const server = await drachtio();
      const dead = await SipSide.start({ servers: [serverPlace(server.adminPort, server.secret)] });
      const { caller, place } = await dead.talk(server.sipPort);
      // Not `close`: that would say goodbye.
      const next = await side({ servers: [placeOf(server)] });
      const coming = caller.bye();
      expect(await next.edge.endOwnerless(place, 'gateway-lost')).toBe('told');
      expect((await coming).headers.reason).toContain('cause=41');
      expect(await next.edge.endOwnerless(place, 'gateway-lost')).toBe('no-dialog');
      await dead.close();
    });
  },
  { elective: true },
);

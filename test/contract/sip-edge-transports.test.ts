import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { certifiedNames, transportOf } from '../../gateway/sip/transport.ts';
import { FakeDns } from '../fakes/dns.ts';
import { CertificateFiles, TestAuthority } from '../support/certificates.ts';
import { gateway, stack } from '../support/clause.ts';
import { embeddedEdge, realEdge } from '../support/edge-under-test.ts';
import type { EdgeUnderTest } from '../support/edge-under-test.ts';
import { Inbox } from '../support/sip-end.ts';
import { describeWith } from '../support/needs.ts';
import { plainSdp, SipUa } from '../support/sip-ua.ts';
import type { UaOptions, UaTransport } from '../support/sip-ua.ts';
import { SrfApp } from '../support/srf-app.ts';
import type { SrfDialog, SrfRequest } from '../support/srf-app.ts';
import { until } from '../support/until.ts';

const authority = new TestAuthority();
const ofEdge = { commonName: 'edge', addresses: ['127.0.0.1', '::1'], dnsNames: ['localhost'] };
const all: readonly UaTransport[] = ['udp', 'tcp', 'tls', 'ws', 'wss'];
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function certificateFiles(names: Parameters<TestAuthority['issue']>[0] = ofEdge): CertificateFiles {
  return new CertificateFiles(authority.issue(names), authority);
}

/** The embedded edge with all transports. */
async function fullEdge(options: Parameters<typeof embeddedEdge>[0] = {}): Promise<EdgeUnderTest> {
  const files = certificateFiles();
  const edge = await embeddedEdge({
    tlsFiles: files.files,
    tls: { port: 0, clients: 'ask' },
    ws: { port: 0, origins: [] },
    wss: { port: 0, origins: [] },
    ...options,
  });
  return {
    ...edge,
    close: async () => {
      await edge.close();
      files.remove();
    },
  };
}

/** Opened for one test. */
async function edgeForTest(options: Parameters<typeof embeddedEdge>[0] = {}): Promise<EdgeUnderTest> {
  const edge = await fullEdge(options);
  closers.push(() => edge.close());
  return edge;
}

async function phone(
  edge: EdgeUnderTest,
  transport: UaTransport,
  options: Partial<UaOptions> = {},
): Promise<SipUa> {
  const serverPort = edge.ports[transport] ?? 0;
  const ca = edge.ca ?? authority.cert;
  const opened = await SipUa.open({ transport, serverPort, ca, ...options });
  closers.push(() => opened.close());
  return opened;
}

interface Answered {
  readonly app: SrfApp;
  readonly calls: Inbox<{ dialog: SrfDialog; req: SrfRequest }>;
}

/** An app that answers each call. */
async function answering(edge: EdgeUnderTest): Promise<Answered> {
  const calls: Answered['calls'] = new Inbox('call');
  const app: SrfApp = await SrfApp.connect(edge, {
    invite: async (req, res) => {
      calls.put({ dialog: await app.srf.createUAS(req, res, { localSdp: plainSdp() }), req });
    },
    options: (_req, res) => res.send(200),
  });
  closers.push(() => app.disconnect());
  return { app, calls };
}

const hostOf = ({ host = '127.0.0.1' }: Partial<UaOptions>): string => (host === '::1' ? '[::1]' : host);

/** A call from INVITE to a BYE of ours; returns the 200. */
async function wholeCall(
  edge: EdgeUnderTest,
  { calls }: Answered,
  transport: UaTransport,
  options: Partial<UaOptions> = {},
) {
  const caller = await phone(edge, transport, options);
  const uri = `sip:1000@${hostOf(options)}:${edge.ports[transport] ?? 0}`;
  const call = caller.invite(uri, { body: plainSdp() });
  const answer = await call.connect();
  const { dialog, req } = await calls.next();
  expect((await call.request('INFO', { body: 'x', contentType: 'text/plain' })).status).toBe(200);
  const ended = dialog.destroy();
  const bye = await caller.nextRequest('BYE');
  caller.reply(bye, 200);
  await ended;
  return { answer, bye, req };
}

/** What an edge must do for the gateway, whichever it is. */
function contract(open: () => Promise<EdgeUnderTest>, transports: readonly UaTransport[]): void {
  let edge: EdgeUnderTest;

  beforeAll(async () => {
    edge = await open();
  });
  afterAll(() => edge.close());

  it.each(transports)(
    'a call over %s, from INVITE to our BYE by the same way',
    gateway('RFC 3261 §18'),
    async (transport) => {
      const app = await answering(edge);
      const { answer, bye, req } = await wholeCall(edge, app, transport);
      expect(answer.headers.via).toMatch(/;rport=\d+/);
      expect(answer.headers.contact).toContain(`127.0.0.1:${edge.ports[transport]}`);
      expect(bye.headers.via).toMatch(new RegExp(`^SIP/2.0/${transport}\\b`, 'i'));
      expect(transportOf(req, app.app.hostport)).toBe(transport);
    },
  );
}

const real = realEdge();
const realTransports = all.filter((transport) => real?.ports[transport] !== undefined);

/** What only our edge does; a run against a drachtio-server must not claim it of that. */
function ourEdge(title: string, suite: () => void): void {
  const why = real ? 'a drachtio-server is under test' : null;
  describeWith([why], title, suite, { elective: true });
}

describe('transports', () => {
  if (real) contract(() => Promise.resolve(real), realTransports);
  else contract(fullEdge, all);
});

ourEdge('transports by which messages come', () => {
  // A drachtio-server drops what comes under another transport's Via.
  it.each(all)(
    'what comes over %s is told from other ways, whatever its Via says',
    stack('RFC 3261 §18.2.1'),
    async (transport) => {
      const edge = await edgeForTest();
      const app = await answering(edge);
      const caller = await phone(edge, transport);
      const [name, other] = [transport.toUpperCase(), transport === 'wss' ? 'TCP' : 'WSS'];
      const via = caller.via.bind(caller);
      caller.via = (branch) => via(branch).replace(`SIP/2.0/${name}`, `SIP/2.0/${other}`);
      const uri = `sip:1000@127.0.0.1:${edge.ports[transport]}`;
      const call = caller.invite(uri, { body: plainSdp() });
      await call.connect();
      const { req } = await app.calls.next();
      expect(transportOf(req, app.app.hostport)).toBe(transport);
      expect((await call.request('BYE')).status).toBe(200);
    },
  );
});

ourEdge('IPv6', () => {
  it.each(all)('a call over %s by [::1]', stack('RFC 5118 §4'), async (transport) => {
    const edge = await edgeForTest({ host: '::1' });
    const { answer, bye } = await wholeCall(edge, await answering(edge), transport, { host: '::1' });
    expect(answer.headers.contact).toContain(`[::1]:${edge.ports[transport]}`);
    expect(bye.headers.via).toContain(' [::1]:');
  });

  it.each(all)(
    'bound to both, each caller over %s sees our address of its own family',
    stack('RFC 6157 §3'),
    async (transport) => {
      const edge = await edgeForTest({ host: '::' });
      const app = await answering(edge);
      const v4 = await wholeCall(edge, app, transport);
      expect(v4.answer.headers.contact).toContain('@127.0.0.1:'.slice(1));
      expect(v4.bye.headers.via).toContain(' 127.0.0.1:');
      const v6 = await wholeCall(edge, app, transport, { host: '::1' });
      expect(v6.answer.headers.contact).toContain('[::1]:');
      expect(v6.bye.headers.via).toContain(' [::1]:');
    },
  );

  it('behind a NAT each family has its public address', stack('RFC 3261 §8.1.1.8'), async () => {
    const edge = await edgeForTest({ host: '::', publicAddresses: ['203.0.113.5', '2001:db8::5'] });
    const app = await answering(edge);
    const contacts = [];
    for (const host of ['127.0.0.1', '::1'] as const)
      contacts.push((await wholeCall(edge, app, 'tcp', { host })).answer.headers.contact);
    expect(contacts.map((contact) => /sip:(.*):\d+;/.exec(contact ?? '')?.[1])).toEqual([
      '203.0.113.5',
      '[2001:db8::5]',
    ]);
  });
});

ourEdge('TLS, as the embedded edge has it', () => {
  const uriOf = (ua: SipUa, host = '127.0.0.1'): string => `sip:bob@${host}:${ua.port};transport=tls`;

  it('calls a server that proves its domain, and no other', stack('RFC 5922 §7.3'), async () => {
    const dns = await FakeDns.open();
    closers.push(() => dns.close());
    for (const name of ['carrier.example', 'other.example'])
      dns.set(name, [{ type: 'A', address: '127.0.0.1' }]);
    const edge = await edgeForTest({ dnsServers: [dns.address] });
    const { app } = await answering(edge);
    // RFC 5922 §7.1: the sip URI counts, and the DNS name beside it does not.
    const identity = authority.issue({ uris: ['sip:carrier.example'], dnsNames: ['other.example'] });
    const server = await phone(edge, 'tls', { identity });
    const asked = app.send(uriOf(server, 'carrier.example'), 'OPTIONS');
    const options = await server.nextRequest('OPTIONS');
    expect(options.headers.via).toContain(`SIP/2.0/TLS 127.0.0.1:${edge.ports.tls}`);
    server.reply(options, 200);
    expect((await asked).status).toBe(200);
    expect((await app.send(uriOf(server, 'other.example'), 'OPTIONS')).status).toBe(503);
    expect(server.log.filter(({ method }) => method === 'OPTIONS')).toHaveLength(1);
  });

  it.each([
    ['of an authority that nobody knows', new TestAuthority('somebody'), {}],
    ['that is past its time', authority, { notAfter: new Date(Date.now() - 1_000) }],
    ['with a wildcard', authority, { addresses: [], dnsNames: ['*.0.0.1'] }],
    ['with its name in CN only', authority, { addresses: [], commonName: '127.0.0.1' }],
  ])('does not call a server with a certificate %s', stack('RFC 5922 §7.2'), async (_what, issuer, names) => {
    const edge = await edgeForTest();
    const { app } = await answering(edge);
    const server = await phone(edge, 'tls', {
      identity: issuer.issue({ addresses: ['127.0.0.1'], ...names }),
    });
    expect((await app.send(uriOf(server), 'OPTIONS')).status).toBe(503);
    expect(server.log.filter(({ method }) => method !== '')).toEqual([]);
  });

  it('shows its own certificate to a server that asks for one', stack('RFC 3261 §26.3.1'), async () => {
    const edge = await edgeForTest();
    const { app } = await answering(edge);
    const server = createTlsServer({
      ...authority.issue({ addresses: ['127.0.0.1'] }),
      ...{ ca: authority.cert, requestCert: true, rejectUnauthorized: true },
    }).listen(0, '127.0.0.1');
    closers.push(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const asked = app.send(`sip:bob@127.0.0.1:${port};transport=tls`, 'OPTIONS');
    const [socket] = (await once(server, 'secureConnection')) as [TLSSocket];
    expect(socket.getPeerCertificate().subject.CN).toBe(ofEdge.commonName);
    socket.destroy();
    expect((await asked).status).toBe(503);
  });

  it(
    'tells what a caller’s certificate proves; one that proves nothing is nobody’s',
    stack('RFC 5922 §7.1'),
    async () => {
      const edge = await edgeForTest();
      const app = await answering(edge);
      const nameOf = async (options: Partial<UaOptions>): Promise<readonly string[]> => {
        const { req } = await wholeCall(edge, app, 'tls', options);
        return certifiedNames(req);
      };
      const carrier = { uris: ['sip:Carrier.example'], dnsNames: ['sbc.carrier.example'] };
      expect(await nameOf({ identity: authority.issue(carrier) })).toEqual(['carrier.example']);
      expect(await nameOf({ identity: new TestAuthority('somebody').issue(carrier) })).toEqual([]);
      expect(await nameOf({})).toEqual([]);
    },
  );

  it('refuses callers without a certificate when it requires one', stack('RFC 3261 §26.3.1'), async () => {
    const edge = await edgeForTest({ tls: { port: 0, clients: 'require' } });
    const app = await answering(edge);
    const identity = authority.issue({ dnsNames: ['pbx.example'] });
    await wholeCall(edge, app, 'tls', { identity });
    // Of TLS 1.3 the client hears of it only after its own side of the handshake.
    await phone(edge, 'tls').catch(() => undefined);
    await until('it is counted', () => edge.edge?.transportCounters.handshakesFailed === 1);
  });

  it('takes up a renewed certificate, while calls go on', stack('RFC 3261 §26.3.1'), async () => {
    const files = certificateFiles();
    closers.push(() => files.remove());
    const edge = await edgeForTest({ tlsFiles: files.files });
    const { calls } = await answering(edge);
    const before = await phone(edge, 'tls');
    const call = before.invite(`sip:1000@127.0.0.1:${edge.ports.tls}`, { body: plainSdp() });
    await call.connect();
    await calls.next();
    const renewed = new TestAuthority('the next authority');
    files.write(renewed.issue(ofEdge));
    edge.edge?.reloadCertificates();
    for (const transport of ['tls', 'wss'] as const) {
      await expect(phone(edge, transport)).rejects.toThrow(/verif|certificate/i);
      await phone(edge, transport, { ca: renewed.cert });
    }
    expect((await call.request('BYE')).status).toBe(200);
    expect(edge.edge?.transportCounters).toMatchObject({
      certificatesReloaded: 1,
      certificateReloadsFailed: 0,
    });
  });

  it(
    'keeps the certificate that it has when the new one can’t be used',
    stack('RFC 3261 §26.3.1'),
    async () => {
      const files = certificateFiles();
      closers.push(() => files.remove());
      const edge = await edgeForTest({ tlsFiles: files.files });
      const [one, two] = [authority.issue(ofEdge), authority.issue(ofEdge)];
      files.write({ cert: one.cert, key: two.key });
      edge.edge?.reloadCertificates();
      expect(edge.edge?.transportCounters.certificateReloadsFailed).toBe(1);
      await phone(edge, 'tls');
    },
  );
});

ourEdge('servers found by DNS (RFC 3263 §4.3)', () => {
  it(
    'a server that is gone, and one that says 503, hand over to the next',
    stack('RFC 3263 §4.3'),
    async () => {
      const dns = await FakeDns.open();
      closers.push(() => dns.close());
      const edge = await edgeForTest({ dnsServers: [dns.address] });
      const { app } = await answering(edge);
      const gone = await phone(edge, 'udp');
      const [gonePort, busy, good] = [gone.port, await phone(edge, 'tcp'), await phone(edge, 'udp')];
      await gone.close();
      const srv = (port: number, priority: number) =>
        ({ type: 'SRV', name: 'sbc.carrier.example', port, priority, weight: 1 }) as const;
      const naptr = (order: number, service: string, replacement: string) =>
        ({ type: 'NAPTR', order, preference: 1, flags: 's', service, replacement }) as const;
      dns.set('carrier.example', [
        naptr(1, 'SIP+D2T', '_sip._tcp.carrier.example'),
        naptr(2, 'SIP+D2U', '_sip._udp.carrier.example'),
      ]);
      dns.set('_sip._tcp.carrier.example', [srv(busy.port, 1)]);
      dns.set('_sip._udp.carrier.example', [srv(gonePort, 1), srv(good.port, 2)]);
      dns.set('sbc.carrier.example', [{ type: 'A', address: '127.0.0.1' }]);

      const called = app.srf.createUAC('sip:bob@carrier.example', { localSdp: plainSdp() });
      const refused = await busy.nextRequest('INVITE');
      busy.reply(refused, 503);
      const invite = await good.nextRequest('INVITE');
      // A new transaction of the same request.
      expect(invite.headers.via).toContain('SIP/2.0/UDP');
      expect(invite.headers.via).not.toBe(refused.headers.via);
      expect(invite.headers['call-id']).toBe(refused.headers['call-id']);
      expect(invite.headers.cseq).toBe(refused.headers.cseq);
      good.reply(invite, 200, { body: plainSdp() });
      const dialog = await called;
      await good.nextRequest('ACK');
      const ended = dialog.destroy();
      good.reply(await good.nextRequest('BYE'), 200);
      await ended;
      expect(edge.edge?.counters.failovers).toBe(2);
    },
  );

  it('a server that works on it keeps the request', stack('RFC 3263 §4.3'), async () => {
    const dns = await FakeDns.open();
    closers.push(() => dns.close());
    const edge = await edgeForTest({ dnsServers: [dns.address] });
    const { app } = await answering(edge);
    const [first, second] = [await phone(edge, 'udp'), await phone(edge, 'udp')];
    const srv = (port: number, priority: number) =>
      ({ type: 'SRV', name: 'sbc.carrier.example', port, priority, weight: 1 }) as const;
    dns.set('_sip._udp.carrier.example', [srv(first.port, 1), srv(second.port, 2)]);
    dns.set('sbc.carrier.example', [{ type: 'A', address: '127.0.0.1' }]);
    const called = app.srf.createUAC('sip:bob@carrier.example;transport=udp', { localSdp: plainSdp() });
    const refusal = expect(called).rejects.toMatchObject({ status: 503 });
    const invite = await first.nextRequest('INVITE');
    first.reply(invite, 180);
    first.reply(invite, 503);
    await refusal;
    expect(second.log).toEqual([]);
  });
});

ourEdge('WebSocket (RFC 7118)', () => {
  it(
    'a BYE for a caller whose socket is gone goes nowhere, and the call ends',
    stack('RFC 7118 §5'),
    async () => {
      const edge = await edgeForTest();
      const { calls } = await answering(edge);
      const caller = await phone(edge, 'wss');
      await caller.invite(`sip:1000@127.0.0.1:${edge.ports.wss}`, { body: plainSdp() }).connect();
      const { dialog } = await calls.next();
      caller.connection?.destroy();
      await until('the edge knows', () => edge.edge?.transportCounters.connections === 0);
      await dialog.destroy();
      await until('the call is gone', () => edge.edge?.counters.dialogs === 0);
    },
  );
});

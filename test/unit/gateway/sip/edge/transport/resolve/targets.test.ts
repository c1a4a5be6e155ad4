import { afterEach, describe, expect, test, vi } from 'vitest';
import { CachedDns, systemDns } from '../../../../../../../gateway/sip/edge/transport/resolve/dns.ts';
import type { Dns, Family } from '../../../../../../../gateway/sip/edge/transport/resolve/dns.ts';
import { resolveTargets } from '../../../../../../../gateway/sip/edge/transport/resolve/targets.ts';
import type { Peer, TransportName } from '../../../../../../../gateway/sip/edge/transport/types.ts';
import { FakeDns } from '../../../../../../fakes/dns.ts';

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function server(): Promise<FakeDns> {
  const dns = await FakeDns.open();
  closers.push(() => dns.close());
  return dns;
}

interface Options {
  readonly families?: readonly Family[];
  readonly closed?: readonly TransportName[];
  readonly random?: () => number;
}

function resolve(uri: string, dns: Dns | FakeDns, options: Options = {}): Promise<readonly Peer[]> {
  const { families = [4], closed = ['ws', 'wss'], random = () => 0 } = options;
  return resolveTargets(uri, {
    dns: dns instanceof FakeDns ? systemDns([dns.address]) : dns,
    families,
    canDial: (transport) => !closed.includes(transport),
    random,
  });
}

async function places(...asked: Parameters<typeof resolve>): Promise<string[]> {
  const peers = await resolve(...asked);
  return peers.map(({ transport, address, port }) => `${transport} ${address} ${port}`);
}

const none = () => Promise.resolve([]);
const never = () => new Promise<never>(() => undefined);
const found = Promise.resolve(['192.0.2.7']);
const noDns: Dns = { naptr: none, srv: none, addresses: none };
const srv = (name: string, port = 5060, priority = 1, weight = 1) =>
  ({ type: 'SRV', name, port, priority, weight }) as const;
const naptr = (order: number, service: string, replacement: string, preference = 1) =>
  ({ type: 'NAPTR', order, preference, flags: 's', service, replacement }) as const;
const a = (address: string) => ({ type: 'A', address }) as const;

describe('what needs no question (RFC 3263 §4.1, §4.2)', () => {
  test.each([
    ['sip:a@192.0.2.1', 'udp 192.0.2.1 5060'],
    ['sip:a@192.0.2.1:5070;transport=TCP', 'tcp 192.0.2.1 5070'],
    ['sip:a@[2001:db8::1]:5070', 'udp 2001:db8::1 5070'],
    ['sip:a@nowhere.example;maddr=192.0.2.2', 'udp 192.0.2.2 5060'],
    ['sip:a@192.0.2.1;transport=tls', 'tls 192.0.2.1 5061'],
    ['sips:a@192.0.2.1', 'tls 192.0.2.1 5061'],
    ['sips:a@192.0.2.1:5070;transport=tcp', 'tls 192.0.2.1 5070'],
  ])('%s', async (uri, place) => {
    expect(await places(uri, noDns)).toEqual([place]);
  });

  test.each([
    'sip:a@192.0.2.1;transport=sctp',
    'sips:a@192.0.2.1;transport=udp',
    'sip:a@192.0.2.1;transport=ws',
  ])('%s is not to be had here', async (uri) => {
    await expect(resolve(uri, noDns)).rejects.toMatchObject({ code: 'TRANSPORT_UNSUPPORTED' });
  });

  test('without a certificate there is no TLS', async () => {
    await expect(resolve('sips:a@192.0.2.1', noDns, { closed: ['tls'] })).rejects.toMatchObject({
      code: 'TRANSPORT_UNSUPPORTED',
    });
  });

  test('what is no SIP URI', async () => {
    await expect(resolve('tel:+4930', noDns)).rejects.toMatchObject({ code: 'SIP_URI', status: 416 });
  });

  test('localhost is where the edge listens', async () => {
    expect(await places('sip:a@localhost', systemDns([]))).toEqual(['udp 127.0.0.1 5060']);
  });
});

describe('a domain in DNS', () => {
  test('NAPTR chooses the transport, by order, then preference, of those that are open', async () => {
    const dns = await server();
    dns.set('carrier.example', [
      naptr(20, 'SIP+D2U', '_sip._udp.carrier.example'),
      naptr(10, 'SIPS+D2T', '_sips._tcp.carrier.example', 2),
      naptr(10, 'SIP+D2T', '_sip._tcp.carrier.example', 1),
      naptr(1, 'SIP+D2S', '_sip._sctp.carrier.example'),
    ]);
    dns.set('_sip._udp.carrier.example', [srv('u.carrier.example')]);
    dns.set('_sip._tcp.carrier.example', [srv('t.carrier.example', 5080)]);
    dns.set('_sips._tcp.carrier.example', [srv('s.carrier.example', 5061)]);
    for (const [name, last] of [
      ['u', 1],
      ['t', 2],
      ['s', 3],
    ] as const)
      dns.set(`${name}.carrier.example`, [a(`192.0.2.${last}`)]);
    const [tcp, tls, udp] = ['tcp 192.0.2.2 5080', 'tls 192.0.2.3 5061', 'udp 192.0.2.1 5060'];
    expect(await places('sip:a@carrier.example', dns)).toEqual([tcp, tls, udp]);
    expect(await places('sips:a@carrier.example', dns)).toEqual([tls]);
    expect(await places('sip:a@carrier.example', dns, { closed: ['tls'] })).toEqual([tcp, udp]);
  });

  test('the name that TLS must prove is the domain, wherever DNS leads (RFC 5922 §4)', async () => {
    const dns = await server();
    dns.set('_sips._tcp.carrier.example', [srv('sbc.elsewhere.example', 5061)]);
    dns.set('sbc.elsewhere.example', [a('192.0.2.9')]);
    expect(await resolve('sips:a@Carrier.example', dns)).toEqual([
      { transport: 'tls', address: '192.0.2.9', port: 5061, domain: 'carrier.example' },
    ]);
  });

  test('without NAPTR each transport’s SRV, UDP first', async () => {
    const dns = await server();
    dns.set('_sip._tcp.pbx.example', [srv('b.pbx.example', 5070)]);
    dns.set('_sip._udp.pbx.example', [srv('a.pbx.example', 5080, 2), srv('b.pbx.example', 5070, 1)]);
    dns.set('a.pbx.example', [a('192.0.2.1')]);
    dns.set('b.pbx.example', [a('192.0.2.2'), a('192.0.2.3')]);
    expect(await places('sip:a@pbx.example', dns)).toEqual([
      ...['udp 192.0.2.2 5070', 'udp 192.0.2.3 5070', 'udp 192.0.2.1 5080'],
      ...['tcp 192.0.2.2 5070', 'tcp 192.0.2.3 5070'],
    ]);
    expect(await places('sip:a@pbx.example;transport=tcp', dns)).toEqual([
      'tcp 192.0.2.2 5070',
      'tcp 192.0.2.3 5070',
    ]);
  });

  test('without SRV the domain’s own addresses, on the transport’s port', async () => {
    const dns = await server();
    dns.set('old.example', [a('192.0.2.4'), { type: 'AAAA', address: '2001:db8::4' }]);
    expect(await places('sip:a@old.example', dns)).toEqual(['udp 192.0.2.4 5060']);
    expect(await places('sip:a@old.example;transport=tls', dns)).toEqual(['tls 192.0.2.4 5061']);
    expect(await places('sip:a@old.example', dns, { families: [6] })).toEqual(['udp 2001:db8::4 5060']);
    expect(await places('sip:a@old.example', dns, { families: [4, 6] })).toEqual([
      'udp 192.0.2.4 5060',
      'udp 2001:db8::4 5060',
    ]);
  });

  test('a port asks for nothing but addresses (§4.2)', async () => {
    const dns = await server();
    dns.set('old.example', [a('192.0.2.4')]);
    expect(await places('sip:a@old.example:5090', dns)).toEqual(['udp 192.0.2.4 5090']);
    expect(dns.asked).toEqual(['A old.example']);
  });

  test('a lone "." says that there is no such service (RFC 2782)', async () => {
    const dns = await server();
    dns.set('no.example', [a('192.0.2.4')]);
    dns.set('_sip._tcp.no.example', [srv('.', 0)]);
    await expect(resolve('sip:a@no.example;transport=tcp', dns)).rejects.toMatchObject({
      code: 'TRANSPORT_NAME_NOT_FOUND',
    });
  });

  test('… of that transport alone', async () => {
    const dns = await server();
    dns.set('tcp-only.example', [a('192.0.2.4')]);
    dns.set('_sip._udp.tcp-only.example', [srv('.', 0)]);
    dns.set('_sip._tcp.tcp-only.example', [srv('t.tcp-only.example')]);
    dns.set('t.tcp-only.example', [a('192.0.2.6')]);
    expect(await places('sip:a@tcp-only.example', dns)).toEqual(['tcp 192.0.2.6 5060']);
  });

  test('servers without an address are no reason to call the domain’s own (§4.2)', async () => {
    const dns = await server();
    dns.set('lost.example', [a('192.0.2.4')]);
    dns.set('_sip._udp.lost.example', [srv('gone.lost.example')]);
    await expect(resolve('sip:a@lost.example', dns)).rejects.toMatchObject({
      code: 'TRANSPORT_NAME_NOT_FOUND',
    });
  });

  test('a server whose address nobody can say takes the others not along', async () => {
    const servers = [srv('broken.example', 5060, 1), srv('good.example', 5070, 2)];
    const dns: Dns = {
      naptr: none,
      srv: (name) => Promise.resolve(name.startsWith('_sip._udp.') ? servers : []),
      addresses: (name) =>
        name === 'good.example' ? Promise.resolve(['192.0.2.7']) : Promise.reject(new Error('SERVFAIL')),
    };
    expect(await places('sip:a@two.example', dns)).toEqual(['udp 192.0.2.7 5070']);
  });

  test('a name that is none', async () => {
    const dns = await server();
    await expect(resolve('sip:a@gone.example', dns)).rejects.toMatchObject({
      code: 'TRANSPORT_NAME_NOT_FOUND',
    });
  });

  test('a name server that fails at SRV and NAPTR is no reason not to call', async () => {
    const dns: Dns = {
      naptr: () => Promise.reject(new Error('SERVFAIL')),
      srv: () => Promise.reject(new Error('SERVFAIL')),
      addresses: () => Promise.resolve(['192.0.2.5']),
    };
    expect(await places('sip:a@half.example', dns)).toEqual(['udp 192.0.2.5 5060']);
  });

  test('one that does not answer is not waited for', async () => {
    vi.useFakeTimers();
    try {
      const waiting = expect(resolve('sip:a@p.example', { naptr: never, srv: never, addresses: never }));
      const refused = waiting.rejects.toMatchObject({ code: 'TRANSPORT_TIMEOUT' });
      await vi.advanceTimersByTimeAsync(5_000);
      await refused;
    } finally {
      vi.useRealTimers();
    }
  });

  test.each<[string, Partial<Dns>]>([
    ['a server’s address', { addresses: (name) => (name === 'slow.example' ? never() : found) }],
    ['NAPTR', { naptr: never }],
    ['one family', { addresses: (_name, family) => (family === 6 ? never() : found) }],
  ])('where %s stays unanswered, what else was said counts', async (_what, silent) => {
    vi.useFakeTimers();
    try {
      const servers = [srv('slow.example', 5060, 1), srv('good.example', 5070, 2)];
      const dns: Dns = {
        naptr: none,
        srv: (name) => Promise.resolve(name.startsWith('_sip._udp.') ? servers : []),
        addresses: () => found,
        ...silent,
      };
      const asked = places('sip:a@two.example', dns, { families: [4, 6] });
      await vi.advanceTimersByTimeAsync(5_000);
      expect(await asked).toContain('udp 192.0.2.7 5070');
    } finally {
      vi.useRealTimers();
    }
  });

  test('a list without end is cut', async () => {
    const many = Array.from({ length: 60 }, (_, index) => `192.0.2.${index}`);
    expect(
      await resolve('sip:a@many.example', { ...noDns, addresses: () => Promise.resolve(many) }),
    ).toHaveLength(10);
  });
});

describe('the cache', () => {
  test('asks once for all who ask, and again when the answer is old; what failed sooner', async () => {
    let nowMs = 0;
    let questions = 0;
    let fails = false;
    const dns = new CachedDns(
      {
        ...noDns,
        addresses: () => {
          questions += 1;
          return fails ? Promise.reject(new Error('SERVFAIL')) : Promise.resolve(['192.0.2.1']);
        },
      },
      () => nowMs,
    );
    await Promise.all([dns.addresses('a.example', 4), dns.addresses('A.example', 4)]);
    await dns.addresses('a.example', 4);
    expect(questions).toBe(1);
    nowMs = 60_001;
    fails = true;
    await expect(dns.addresses('a.example', 4)).rejects.toThrow('SERVFAIL');
    await expect(dns.addresses('a.example', 4)).rejects.toThrow('SERVFAIL');
    expect(questions).toBe(2);
    nowMs += 10_001;
    fails = false;
    expect(await dns.addresses('a.example', 4)).toEqual(['192.0.2.1']);
  });

  test('takes no more questions than it can hold', async () => {
    const dns = new CachedDns({ ...noDns, srv: () => new Promise(() => undefined) });
    for (let count = 0; count < 256; count += 1) void dns.srv(`${count}.example`);
    await expect(dns.srv('one-more.example')).rejects.toMatchObject({ code: 'TRANSPORT_OVERLOADED' });
  });
});

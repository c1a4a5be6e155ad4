import { isIP } from 'node:net';
import { parseUri } from '../../message/uri.ts';
import type { SipUri } from '../../message/uri.ts';
import { failure } from '../failures.ts';
import { kinds } from '../kinds.ts';
import { TransportError } from '../types.ts';
import type { Peer, TransportName } from '../types.ts';
import { hasRecords } from './dns.ts';
import type { Dns, Family, Naptr } from './dns.ts';
import { orderSrv } from './order.ts';

export interface ResolveFacts {
  readonly dns: Dns;
  /** Families that we can reach, the preferred one first. */
  readonly families: readonly Family[];
  /** Whether requests can go out by it. */
  readonly canDial: (transport: TransportName) => boolean;
  readonly random?: () => number;
}

/** A caller waits no longer than this for all of it. */
const deadlineMs = 5_000;
/** More are not tried. */
const maxPeers = 10;
const maxServers = 8;

/**
 * Where a URI leads, the best first: RFC 3263 §4. Each next one is for when that before it fails (§4.3). Throws
 * `SipParseError` for what is no SIP URI, else `TransportError`.
 */
export async function resolveTargets(target: SipUri | string, facts: ResolveFacts): Promise<readonly Peer[]> {
  const uri = typeof target === 'string' ? parseUri(target) : target;
  const host = uri.params.get('maddr') ?? uri.host;
  // RFC 5922 §4: whatever DNS says, the peer must prove that it is what the URI names.
  const domain = uri.host.toLowerCase();
  const places = await inTime(facts.dns, (dns) =>
    placesOf(uri, host.replace(/^\[(.*)\]$/, '$1'), { ...facts, dns }),
  );
  const peers = places.slice(0, maxPeers).map(({ transport, address, port }) => ({
    transport,
    address,
    port,
    ...(transport === 'tls' && { domain }),
  }));
  if (peers.length === 0) throw failure('TRANSPORT_NAME_NOT_FOUND');
  return peers;
}

interface Place {
  readonly transport: TransportName;
  readonly address: string;
  readonly port: number;
}

async function placesOf(uri: SipUri, host: string, facts: ResolveFacts): Promise<Place[]> {
  const secure = uri.scheme === 'sips';
  const named = namedTransport(uri);
  // §4.1: with an address or a port nothing is looked for but that.
  const plain = secure ? 'tls' : 'udp';
  if (isIP(host) > 0 || uri.port !== undefined || !hasRecords(host)) {
    const transport = dialable(named ?? plain, facts);
    return placesAt(transport, host, uri.port ?? kinds[transport].defaultPort, facts);
  }
  if (named !== undefined) return byTransport([dialable(named, facts)], host, facts);
  // Both at once: whoever has no NAPTR, as most, shall not wait for that.
  const asking = fromNaptr(host, secure, facts);
  const transports: TransportName[] = secure ? [dialable('tls', facts)] : ['udp', 'tcp'];
  const fallback = byTransport(transports, host, facts);
  fallback.catch(() => undefined);
  const offers = await asking;
  return offers.length > 0 ? offers : fallback;
}

/** RFC 3261 §26.2.2: `sips` over TCP is TLS, over WebSocket WSS. */
function namedTransport({ scheme, params }: SipUri): TransportName | undefined {
  const name = params.get('transport')?.toLowerCase();
  if (name === undefined) return undefined;
  const known = (Object.keys(kinds) as TransportName[]).find((one) => one === name);
  if (known === undefined) throw failure('TRANSPORT_UNSUPPORTED');
  if (scheme === 'sip') return known;
  if (known === 'tcp' || known === 'tls') return 'tls';
  if (known === 'ws' || known === 'wss') return 'wss';
  throw failure('TRANSPORT_UNSUPPORTED');
}

function dialable(transport: TransportName, { canDial }: ResolveFacts): TransportName {
  if (!canDial(transport)) throw failure('TRANSPORT_UNSUPPORTED');
  return transport;
}

const services: Readonly<Partial<Record<string, TransportName>>> = {
  'SIP+D2U': 'udp',
  'SIP+D2T': 'tcp',
  'SIPS+D2T': 'tls',
};

/** §4.1. Empty: there is nothing that could be used. */
async function fromNaptr(host: string, secure: boolean, facts: ResolveFacts): Promise<Place[]> {
  const usable = (await known(facts.dns.naptr(host)))
    .flatMap((record) => {
      const transport = services[record.service.toUpperCase()];
      const fits = record.flags.toLowerCase() === 's' && transport !== undefined && facts.canDial(transport);
      return fits && (!secure || transport === 'tls') ? [{ record, transport }] : [];
    })
    .sort((a, b) => byOrder(a.record, b.record));
  const found = await Promise.all(
    usable.slice(0, maxServers).map(async ({ record, transport }) => {
      const servers = await known(facts.dns.srv(record.replacement));
      return placesOfServers(transport, servers, facts);
    }),
  );
  return found.flat();
}

function byOrder(left: Naptr, right: Naptr): number {
  return left.order - right.order || left.preference - right.preference;
}

/** §4.1 and §4.2: SRV of each transport that there is; where there is no such record, the host's own addresses. */
async function byTransport(
  transports: readonly TransportName[],
  host: string,
  facts: ResolveFacts,
): Promise<Place[]> {
  const found = await Promise.all(
    transports.map(async (transport) => {
      if (!facts.canDial(transport)) return undefined;
      const service = transport === 'tls' ? '_sips._tcp' : `_sip._${transport}`;
      const servers = await known(facts.dns.srv(`${service}.${host}`));
      return servers.length > 0 ? placesOfServers(transport, servers, facts) : undefined;
    }),
  );
  const places = found.filter((one) => one !== undefined);
  const [first = 'udp'] = transports;
  return places.length > 0 ? places.flat() : placesAt(first, host, kinds[first].defaultPort, facts);
}

/** Of one transport, the best first. RFC 2782: a lone "." says that there is decidedly no such service. */
async function placesOfServers(
  transport: TransportName,
  servers: Awaited<ReturnType<Dns['srv']>>,
  facts: ResolveFacts,
): Promise<Place[]> {
  const ordered = orderSrv(servers, facts.random).filter(({ name }) => name !== '' && name !== '.');
  const found = await Promise.all(
    // One whose address nobody can say takes none of the others along.
    ordered
      .slice(0, maxServers)
      .map(({ name, port }) => placesAt(transport, name, port, facts).catch(() => [])),
  );
  return found.flat();
}

/** A and AAAA records. */
async function placesAt(
  transport: TransportName,
  host: string,
  port: number,
  { dns, families }: ResolveFacts,
): Promise<Place[]> {
  if (isIP(host) > 0) return [{ transport, address: host, port }];
  const found = await Promise.all(families.map((family) => settled(dns.addresses(host, family))));
  const addresses = found.flatMap((one) => (one instanceof Error ? [] : one));
  const error = found.find((one) => one instanceof Error);
  if (addresses.length === 0 && error !== undefined)
    throw error instanceof TransportError ? error : failure('TRANSPORT_NAME_NOT_FOUND', undefined, error);
  return addresses.map((address) => ({ transport, address, port }));
}

/** Servers that fail at rare types of records are many: for NAPTR and SRV that is the same as none. */
async function known<T>(asking: Promise<readonly T[]>): Promise<readonly T[]> {
  const answer = await settled(asking);
  return answer instanceof Error ? [] : answer;
}

async function settled<T>(asking: Promise<readonly T[]>): Promise<readonly T[] | Error> {
  try {
    return await asking;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** What nobody has answered when time is up counts as failed; what was answered is used. */
async function inTime<T>(dns: Dns, work: (dns: Dns) => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new TransportError('TRANSPORT_TIMEOUT', 'the name server did not answer in time'));
    }, deadlineMs);
  });
  timeUp.catch(() => undefined);
  const answer = <A>(asking: Promise<A>): Promise<A> => Promise.race([asking, timeUp]);
  try {
    return await work({
      naptr: (name) => answer(dns.naptr(name)),
      srv: (name) => answer(dns.srv(name)),
      addresses: (name, family) => answer(dns.addresses(name, family)),
    });
  } finally {
    clearTimeout(timer);
  }
}

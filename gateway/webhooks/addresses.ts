import { lookup, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Whom a webhook may reach. */
export interface Reach {
  /** Also hosts of private networks. */
  readonly allowPrivate: boolean;
}

const longestUrl = 2048;

/** Why a URL can't be a webhook's, in words; null: it can. */
export function urlProblem(text: string, reach: Reach): string | null {
  if (text.length > longestUrl) return `The URL has more than ${longestUrl} characters.`;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) return 'This is no URL.';
  if (url.username !== '' || url.password !== '') return 'A URL may hold no user and password.';
  if (url.hash !== '') return 'A URL’s fragment (#) is never sent.';
  const host = hostOf(url);
  if (url.protocol === 'http:')
    return isLoopbackName(host) ? null : 'http:// is taken for this machine only; write https://.';
  if (url.protocol !== 'https:') return 'Write a URL with https://.';
  if (isIP(host) === 0 || isLoopbackName(host) || isReachable(host, reach)) return null;
  return 'This address is no public one (webhooks.allowPrivate).';
}

/** Of `http://[::1]/` it is `::1`. URL has written addresses in their plain form already: 127.1 is 127.0.0.1. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

/** The name itself says that it is this machine; another name whose address is 127.0.0.1 does not. */
export function isLoopbackName(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Addresses that mean one host on the Internet: everything else is ours, our network's, or nobody's (RFC 6890). */
export function isReachable(address: string, { allowPrivate }: Reach): boolean {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (never.check(address, family)) return false;
  return (
    allowPrivate ||
    (!notPublic.check(address, family) && (family === 'ipv4' || globalV6.check(address, family)))
  );
}

/** For `http.request`: refuses a name with any address that may not be reached, so that none is there to turn to. */
export function guardedLookup(reach: Reach): LookupFunction {
  return (name, options, callback) => {
    lookup(name, { ...options, all: true }, (error, found) => {
      const all: LookupAddress[] = found;
      const bad = error ? undefined : all.find(({ address }) => !isAllowed(name, address, reach));
      const failure = error ?? (bad && new AddressRefused());
      if (failure) callback(failure, '', 0);
      else if (options.all) callback(null, all);
      else callback(null, all[0].address, all[0].family);
    });
  };
}

function isAllowed(name: string, address: string, reach: Reach): boolean {
  return name === 'localhost' ? isLoopbackName(address) : isReachable(address, reach);
}

export class AddressRefused extends Error {
  constructor() {
    super('its address is no public one (webhooks.allowPrivate)');
  }
}

function listOf(...nets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const net of nets) {
    const [address, bits] = net.split('/');
    list.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** Loopback, this network, link-local (metadata of clouds), multicast: never a webhook, whatever is allowed. */
const never = listOf(
  ...['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '240.0.0.0/4'],
  ...['::/128', '::1/128', 'fe80::/10', 'ff00::/8'],
);

const notPublic = listOf(
  ...['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.168.0.0/16'],
  ...['192.88.99.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  // Addresses with an IPv4 one inside, and documentation.
  ...['2001::/32', '2001:db8::/32', '2002::/16', '3fff::/20'],
);

const globalV6 = listOf('2000::/3');

import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isUnspecified } from '../sip/edge/transport/addresses.ts';
import type { Config } from './schema.ts';

export { isUnspecified };

/** The address that people and browsers are told: the public one, the bound one, or one that the machine has. */
export function outsideAddress({ host, publicIp }: Pick<Config, 'host' | 'publicIp'>): string {
  if (publicIp !== '') return publicIp;
  if (!isUnspecified(host)) return host;
  const family = isIPv6(host) ? 'IPv6' : 'IPv4';
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outside = addresses.find(
    (one) => one.family === family && !one.internal && !isLinkLocal(one.address),
  );
  return outside?.address ?? nearAddress(host);
}

/** The address at which this machine reaches its own servers. */
export function nearAddress(host: string): string {
  if (!isUnspecified(host)) return host;
  return isIPv6(host) ? '::1' : '127.0.0.1';
}

/** As it stands in a URI (RFC 3986 §3.2.2). */
export function inUri(address: string): string {
  return isIPv6(address) ? `[${address}]` : address;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** @param host an address or a name, as it stands in a URI or by itself */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (bare === 'localhost' || bare.endsWith('.localhost')) return true;
  if (isIPv4(bare)) return loopback.check(bare, 'ipv4');
  return isIPv6(bare) && loopback.check(bare, 'ipv6');
}

function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/i.test(address) || address.startsWith('169.254.');
}

/** What peers see instead of the bound address: of each family one at most. */
export function publicAddresses({ publicIp, publicIpv6 }: Pick<Config, 'publicIp' | 'publicIpv6'>): string[] {
  return [publicIp, publicIpv6].filter((address) => address !== '');
}

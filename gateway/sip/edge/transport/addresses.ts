import { isIPv4, isIPv6 } from 'node:net';

const mapped = '::ffff:';

/** A dual-stack socket shows IPv4 peers as `::ffff:192.0.2.1`; SIP shall see `192.0.2.1`. */
export function plainAddress(address: string): string {
  const inner = address.toLowerCase().startsWith(mapped) ? address.slice(mapped.length) : '';
  return isIPv4(inner) ? inner : address;
}

/** What a socket bound to `bound` needs to reach `address`. */
export function socketAddress(address: string, bound: string): string {
  return isIPv6(bound) && isIPv4(address) ? mapped + address : address;
}

/** One text per peer address, to find connections by. */
export function endpointKey(address: string, port: number): string {
  return `${address.toLowerCase()} ${port}`;
}

/** Bound to this, a socket takes whatever address leads to its peer. */
export function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

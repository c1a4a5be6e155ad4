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

/** Bound to this, a socket takes whatever address leads to its peer; nobody can be sent to it. */
export function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

/** The eight numbers of an IPv6 address (RFC 4291 §2.2); a zone is left out. */
export function ipv6Groups(address: string): number[] {
  // The URL parser turns an IPv4 tail into groups.
  const plain = new URL(`http://[${address.replace(/%.*$/, '')}]/`).hostname.slice(1, -1);
  const [before = [], after = []] = plain
    .split('::')
    .map((part) => part.split(':').flatMap((group) => (group === '' ? [] : [parseInt(group, 16)])));
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

/** In the order of the wire: four bytes, or sixteen. */
export function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  return Buffer.from(ipv6Groups(address).flatMap((group) => [group >> 8, group & 0xff]));
}

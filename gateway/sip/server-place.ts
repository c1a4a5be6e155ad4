import { BlockList, isIP, isIPv6 } from 'node:net';

/** Where a drachtio server takes applications: its admin port. */
export interface ServerPlace {
  /** As logs, metrics and the API call it: `10.0.0.5:9022`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  /** Null: plain TCP. `ca`: PEM of the authorities of its certificate; null: those that Node.js brings. */
  readonly tls: { readonly ca: string | null } | null;
}

/** Where drachtio servers connect to us, one connection for each new request. */
export interface ListenPlace {
  readonly host: string;
  readonly port: number;
  /** Of the servers that connect. */
  readonly secret: string;
  /** IP addresses or CIDR blocks of the servers; nobody else gets as far as our secret. */
  readonly from: readonly string[];
  /** PEM; null: plain TCP. */
  readonly tls: { readonly certificate: string; readonly key: string } | null;
}

/** Loopback, RFC 1918, RFC 6598, link-local, RFC 4193. */
const inside = new BlockList();
for (const [net, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
] as const)
  inside.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  inside.addSubnet(net, prefix, 'ipv6');

/** Whether anybody on the Internet may be between us and this IP address. Names are nobody's address. */
export function isPublic(address: string): boolean {
  return isIP(address) !== 0 && !inside.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

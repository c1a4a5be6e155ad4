import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { BlockList, isIP, isIPv6 } from 'node:net';

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

/** The address of this machine that leads to a host. */
export async function addressTowards(host: string): Promise<string> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  try {
    // Sends nothing: UDP only chooses its way.
    socket.connect(9, host);
    await once(socket, 'connect');
    return socket.address().address;
  } finally {
    socket.close();
  }
}

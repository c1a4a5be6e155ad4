import { isIPv4 } from 'node:net';

export interface StunAddress {
  readonly address: string;
  readonly port: number;
}

const families = { ipv4: 1, ipv6: 2 } as const;

/** XOR-MAPPED-ADDRESS (RFC 8489 §14.2). `address`: an IP literal; `header`: of the message that it is for. */
export function xorAddressValue({ address, port }: StunAddress, header: Buffer): Buffer {
  const plain = isIPv4(address) ? Buffer.from(address.split('.').map(Number)) : octetsOfIPv6(address);
  const value = Buffer.alloc(4 + plain.length);
  value[1] = plain.length === 4 ? families.ipv4 : families.ipv6;
  value.writeUInt16BE(port ^ header.readUInt16BE(4), 2);
  plain.forEach((octet, index) => (value[4 + index] = octet ^ header[4 + index]));
  return value;
}

function octetsOfIPv6(address: string): Buffer {
  const octets = Buffer.alloc(16);
  const [head = '', tail = ''] = address.replace(/%.*$/, '').split('::');
  const groups = (text: string) =>
    text.split(':').flatMap((group) => {
      if (isIPv4(group)) {
        const [a, b, c, d] = group.split('.').map(Number);
        return [(a << 8) | b, (c << 8) | d];
      }
      return group === '' ? [] : [parseInt(group, 16)];
    });
  groups(head).forEach((group, index) => octets.writeUInt16BE(group, 2 * index));
  const last = groups(tail);
  last.forEach((group, index) => octets.writeUInt16BE(group, 16 - 2 * (last.length - index)));
  return octets;
}

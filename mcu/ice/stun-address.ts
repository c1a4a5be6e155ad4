import { isIPv4 } from 'node:net';
import { canonicalAddress } from '../rtp/addresses.ts';

/** XOR-MAPPED-ADDRESS (RFC 8489 §14.2). */

export interface StunAddress {
  readonly address: string;
  readonly port: number;
}

const families = { ipv4: 1, ipv6: 2 } as const;

/** `message`: the whole message, whose cookie and transaction id are the key. Null: malformed. */
export function readXorAddress(value: Buffer, message: Buffer): StunAddress | null {
  if (value.length < 8) return null;
  const port = value.readUInt16BE(2) ^ message.readUInt16BE(4);
  const length = value[1] === families.ipv4 ? 4 : value[1] === families.ipv6 ? 16 : 0;
  if (length === 0 || value.length !== 4 + length) return null;
  const plain = Buffer.from(value.subarray(4).map((octet, index) => octet ^ message[4 + index]));
  return { address: length === 4 ? plain.join('.') : textOfIPv6(plain), port };
}

/** The attribute's value. The address is an IP literal. */
export function xorAddressValue({ address, port }: StunAddress, header: Buffer): Buffer {
  const plain = isIPv4(address) ? Buffer.from(address.split('.').map(Number)) : octetsOfIPv6(address);
  const value = Buffer.alloc(4 + plain.length);
  value[1] = plain.length === 4 ? families.ipv4 : families.ipv6;
  value.writeUInt16BE(port ^ header.readUInt16BE(4), 2);
  plain.forEach((octet, index) => (value[4 + index] = octet ^ header[4 + index]));
  return value;
}

/** In the form that packets' sources have, so that both can be compared as text. */
function textOfIPv6(octets: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => octets.readUInt16BE(2 * index).toString(16));
  return canonicalAddress(groups.join(':'));
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

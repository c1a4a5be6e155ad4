import { isIP } from 'node:net';

/** A block of addresses. IPv4 stands inside IPv6 as ::ffff:0:0/96 (RFC 4291 §2.5.5.2). */
export interface Block {
  readonly value: bigint;
  /** 0–128. */
  readonly bits: number;
}

/** Parses `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`; a text says what is wrong with it. */
export function parseBlock(text: string): Block | string {
  const slash = text.indexOf('/');
  const address = slash === -1 ? text : text.slice(0, slash);
  const value = address.includes('%') ? null : addressValue(address);
  if (value === null) return 'is neither an IP address nor a CIDR block';
  const width = isIP(address) === 4 ? 32 : 128;
  if (slash === -1) return { value, bits: 128 };
  const length = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(length) || Number(length) > width) return `has a length outside 0–${width}`;
  const bits = 128 - width + Number(length);
  if (masked(value, bits) !== value)
    return 'has bits set behind its length; write the first address of the block';
  return { value, bits };
}

/** Whether a block holds an address, or all of another block. */
export function holdsBlock({ value, bits }: Block, other: Block): boolean {
  return other.bits >= bits && masked(other.value, bits) === value;
}

/** The first `bits` of an address; the rest is zero. */
export function masked(value: bigint, bits: number): bigint {
  const rest = BigInt(128 - bits);
  return (value >> rest) << rest;
}

/** The address as a 128-bit number; a zone (`%eth0`) does not count. Null: no address. */
export function addressValue(text: string): bigint | null {
  const address = text.replace(/%.*$/s, '');
  const family = isIP(address);
  if (family === 4) return 0xffff00000000n | v4Value(address);
  return family === 6 ? v6Value(address) : null;
}

function v4Value(address: string): bigint {
  return address.split('.').reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** RFC 4291 §2.2; the text has passed `isIP`. */
function v6Value(address: string): bigint {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  if (dotted !== null) {
    const [, head, tail] = dotted;
    const v4 = v4Value(tail);
    return v6Value(`${head}${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`);
  }
  const [left = [], right = []] = address
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

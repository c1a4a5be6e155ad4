import { isIP } from 'node:net';

/** A known peer; the same shape as the gateway's own. */
export interface Trunk {
  readonly name: string;
  /** IP addresses or CIDR blocks. */
  readonly sources: readonly string[];
  readonly srtp: 'off' | 'prefer' | 'require';
  /** Whether its calls may have video. */
  readonly video: boolean;
  /** Only calls over TLS (or WSS) count as this trunk's. */
  readonly tls: boolean;
  /** Domains of which its TLS certificate must bear one (RFC 5922); left out: none is asked for. */
  readonly certificate?: readonly string[] | undefined;
  /** Where OPTIONS go that ask whether it is there, and how often; left out: none. */
  readonly ping?: { readonly uri: string; readonly everySeconds: number } | undefined;
}

/** A block of addresses. IPv4 stands inside IPv6 as ::ffff:0:0/96 (RFC 4291 §2.5.5.2). */
interface Block {
  readonly value: bigint;
  /** 0–128. */
  readonly bits: number;
}

/** Blocks by their length, the longest first, so that the first hit is the most specific one. */
export interface TrunkIndex {
  readonly levels: readonly {
    readonly bits: number;
    readonly trunks: ReadonlyMap<bigint, readonly Trunk[]>;
  }[];
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

export function indexTrunks(trunks: readonly Trunk[]): TrunkIndex {
  const levels = new Map<number, Map<bigint, Trunk[]>>();
  for (const trunk of trunks) {
    for (const source of trunk.sources) {
      const block = parseBlock(source);
      if (typeof block === 'string') continue;
      const level = levels.get(block.bits) ?? new Map<bigint, Trunk[]>();
      levels.set(block.bits, level);
      level.set(block.value, [...(level.get(block.value) ?? []), trunk]);
    }
  }
  const sorted = [...levels].sort(([a], [b]) => b - a);
  return { levels: sorted.map(([bits, byBlock]) => ({ bits, trunks: byBlock })) };
}

/**
 * The trunk whose most specific block holds the address; one that demands TLS only over TLS, one that demands a
 * certificate only with that.
 */
export function findTrunk(
  index: TrunkIndex,
  address: string,
  transport: string,
  names: readonly string[] = [],
): Trunk | null {
  const value = addressValue(address.replace(/%.*$/s, ''));
  if (value === null) return null;
  const secure = transport === 'tls' || transport === 'wss';
  for (const { bits, trunks } of index.levels) {
    const candidates = trunks.get(masked(value, bits)) ?? [];
    const possible = candidates.filter(({ tls, certificate }) =>
      certificate === undefined
        ? secure || !tls
        : secure && certificate.some((domain) => names.includes(domain.toLowerCase())),
    );
    // Who has proved more goes first: a certificate, then TLS.
    const found =
      possible.find(({ certificate }) => certificate !== undefined) ??
      possible.find(({ tls }) => tls === secure) ??
      possible.at(0);
    if (found !== undefined) return found;
  }
  return null;
}

function masked(value: bigint, bits: number): bigint {
  const rest = BigInt(128 - bits);
  return (value >> rest) << rest;
}

/** The address as a 128-bit number; null: no address. */
function addressValue(address: string): bigint | null {
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

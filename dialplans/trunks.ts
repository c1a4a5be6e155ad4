import { addressValue, masked, parseBlock } from './blocks.ts';
import { noTrunk } from './facts.ts';
import type { SecretSource } from './types.ts';

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
  /** SIP URIs that calls out go to, the next when one does not work; left out: none do. */
  readonly to?: readonly string[] | undefined;
  /** Calling number of calls out; left out: the caller's own. */
  readonly from?: string | undefined;
  /** Offered to it, in this order; left out: all. */
  readonly codecs?: readonly AudioCodec[] | undefined;
  /** What it is told when it asks who calls (RFC 3261 §22); left out: nothing. */
  readonly auth?: { readonly user: string; readonly password: SecretSource } | undefined;
}

export const audioCodecs = ['PCMU', 'PCMA', 'G722', 'opus'] as const;
export type AudioCodec = (typeof audioCodecs)[number];

/** The trunk of a call that is tried out: the one that is said, else the one of its address. */
export function triedTrunk(index: TrunkIndex, { trunk, source, transport }: TriedCall): string | null {
  if (trunk !== undefined) return trunk === noTrunk ? null : trunk;
  return source === null ? null : (findTrunk(index, source, transport)?.name ?? null);
}

interface TriedCall {
  /** Null: it comes by none; undefined: nothing is said of it. */
  readonly trunk: string | null | undefined;
  readonly source: string | null;
  readonly transport: string;
}

/** Blocks by their length, the longest first, so that the first hit is the most specific one. */
export interface TrunkIndex {
  readonly levels: readonly {
    readonly bits: number;
    readonly trunks: ReadonlyMap<bigint, readonly Trunk[]>;
  }[];
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
  const value = addressValue(address);
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

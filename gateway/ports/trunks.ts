/** Known peers. */
import type { AudioCodec } from '../../mcu/ports.ts';
import type { NamedSecret } from './policies.ts';

/**
 * Encrypted media. `off`: never; `prefer`: when the peer offers it; `require`: nothing else. A peer that offers
 * encrypted media only is never answered in plain.
 */
export type SrtpPolicy = 'off' | 'prefer' | 'require';

/** A known peer. `srtp` and `tls` say what it must use, `video` whether it may have some. */
export interface Trunk {
  readonly name: string;
  /** IP addresses or CIDR blocks. */
  readonly sources: readonly string[];
  readonly srtp: SrtpPolicy;
  readonly video: boolean;
  readonly tls: boolean;
  /** Domains of which its TLS certificate must bear one; left out: none is asked for. */
  readonly certificate?: readonly string[] | undefined;
  /** Whether it is asked for signs of life; left out: it is not. */
  readonly ping?: { readonly uri: string; readonly everySeconds: number } | undefined;
  /** SIP URIs that calls out go to, the next when one does not work; left out: none do. */
  readonly to?: readonly string[] | undefined;
  /** Calling number of calls out; left out: the caller's own. */
  readonly from?: string | undefined;
  /** Offered to it, in this order; left out: all. */
  readonly codecs?: readonly AudioCodec[] | undefined;
  /** What it is told when it asks who calls (RFC 3261 §22); left out: nothing. */
  readonly auth?: { readonly user: string; readonly password: NamedSecret } | undefined;
}

/** Whether a trunk's last ping was answered. */
export interface TrunkState {
  readonly trunk: string;
  readonly up: boolean;
}

export interface TrunkDirectory {
  /**
   * The trunk whose sources hold this address; the most specific block wins.
   * @param names what the caller's verified certificate bears
   */
  findTrunk(address: string, transport: string, names?: readonly string[]): Trunk | null;
}

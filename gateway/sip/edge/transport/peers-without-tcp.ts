import { endpointKey } from './addresses.ts';
import { TransportError } from './types.ts';
import type { Peer, TransportErrorCode } from './types.ts';

/** What a peer without TCP, or a firewall before it, does to a connection. */
const signs: readonly TransportErrorCode[] = [
  'TRANSPORT_REFUSED',
  'TRANSPORT_UNREACHABLE',
  'TRANSPORT_TIMEOUT',
  'TRANSPORT_LOST',
];

const maxPeers = 4_096;

/** Who has no TCP: a firewall that drops silently costs a call seconds, which it shall cost only once. */
export class PeersWithoutTcp {
  /** When each was learnt, monotonic ms; the oldest first. */
  readonly #learntAt = new Map<string, number>();
  readonly #forgetMs: number;

  constructor(forgetMs: number) {
    this.#forgetMs = forgetMs;
  }

  has(peer: Peer): boolean {
    const learntAt = this.#learntAt.get(endpointKey(peer.address, peer.port));
    return learntAt !== undefined && performance.now() - learntAt < this.#forgetMs;
  }

  /** Whether this error says so; then it is remembered. */
  learn(peer: Peer, error: unknown): boolean {
    if (!(error instanceof TransportError) || !signs.includes(error.code)) return false;
    const key = endpointKey(peer.address, peer.port);
    this.#learntAt.delete(key);
    this.#learntAt.set(key, performance.now());
    for (const oldest of this.#learntAt.keys()) {
      if (this.#learntAt.size <= maxPeers) break;
      this.#learntAt.delete(oldest);
    }
    return true;
  }
}

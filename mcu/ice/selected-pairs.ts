import type { CandidatePair, CheckList } from './check-list.ts';
import type { IceCheckpoint } from './checkpoint.ts';

/** A pair that the peer was not heard on for this long gives way to any other that it nominates. */
const staleMs = 3000;

/** The pair of each component that its packets take. */
export class SelectedPairs {
  readonly #list: CheckList;
  readonly #components: number;
  readonly #now: () => number;
  readonly #pairs = new Map<number, CandidatePair>();

  constructor(list: CheckList, components: number, now: () => number) {
    this.#list = list;
    this.#components = components;
    this.#now = now;
  }

  /** Whether each component has one. */
  get complete(): boolean {
    return this.#pairs.size === this.#components;
  }

  get checkpoint(): IceCheckpoint['selected'] {
    return [...this.#pairs.values()].map(({ component, address, port, remotePriority }) => ({
      component,
      address,
      port,
      priority: remotePriority,
    }));
  }

  has(component: number): boolean {
    return this.#pairs.has(component);
  }

  [Symbol.iterator](): Iterator<CandidatePair> {
    return this.#pairs.values();
  }

  /** A pair that works was nominated. False: its component keeps the one that it has. */
  take(pair: CandidatePair): boolean {
    const last = this.#pairs.get(pair.component);
    if (last === pair || (last && !this.#replaces(pair, last))) return false;
    this.#pairs.set(pair.component, pair);
    return true;
  }

  /** Peers that nominate aggressively mean the best (RFC 5245 §8.1.1.2); later ones, that their network changed. */
  #replaces(pair: CandidatePair, last: CandidatePair): boolean {
    return this.#list.isBetter(pair, last) || this.#now() - last.heardMs > staleMs;
  }
}

import { canonicalAddress } from '../rtp/addresses.ts';
import { candidatePriority, pairPriority } from './candidate.ts';
import type { IceCandidate } from '../ports.ts';

/** Our end is always the leg's own socket, so that a pair is a place of the peer. */
export interface CandidatePair {
  readonly component: number;
  readonly address: string;
  readonly port: number;
  readonly remotePriority: number;
  /** RFC 8445 §6.1.2.6. With one stream and one base nothing has to be frozen. */
  state: 'waiting' | 'in-progress' | 'succeeded' | 'failed';
  /** In the queue of triggered checks (RFC 8445 §6.1.4.1). */
  triggered: boolean;
  /** The peer nominated it before our own check came through (RFC 8445 §7.3.1.5). */
  nominateOnSuccess: boolean;
  /** When the peer last said something here that proves who it is. */
  heardMs: number;
}

/** RFC 8445 §6.1.2.5: the usual bound. */
const mostPairs = 100;

/** Pairs of all components, and the order in which they are tried. Learns only from who has shown the password. */
export class CheckList {
  readonly #pairs: CandidatePair[] = [];
  readonly #triggered: CandidatePair[] = [];
  #controlling: boolean;

  constructor(controlling: boolean) {
    this.#controlling = controlling;
  }

  get pairs(): readonly CandidatePair[] {
    return this.#pairs;
  }

  set controlling(controlling: boolean) {
    this.#controlling = controlling;
    this.#sort();
  }

  /** Candidates of a description. */
  add(candidates: readonly IceCandidate[]): void {
    for (const { component, address, port, priority } of candidates) {
      this.#add(component, canonicalAddress(address), port, priority);
    }
    this.#sort();
  }

  find(component: number, address: string, port: number): CandidatePair | null {
    return (
      this.#pairs.find(
        (pair) => pair.port === port && pair.component === component && pair.address === address,
      ) ?? null
    );
  }

  /** The pair with a place that a check came from, peer-reflexive if it is new (RFC 8445 §7.3.1.3); null: too many. */
  learn(component: number, address: string, port: number, priority: number): CandidatePair | null {
    const known = this.find(component, address, port);
    if (known) return known;
    const pair = this.#add(component, address, port, priority);
    this.#sort();
    return pair;
  }

  /** RFC 8445 §7.3.1.4. */
  trigger(pair: CandidatePair): void {
    if (pair.triggered || pair.state === 'succeeded') return;
    pair.triggered = true;
    pair.state = 'waiting';
    this.#triggered.push(pair);
  }

  /** What is to be checked next: triggered pairs first, then by priority; null: nothing waits. */
  next(): CandidatePair | null {
    for (let pair = this.#triggered.shift(); pair; pair = this.#triggered.shift()) {
      pair.triggered = false;
      // Its earlier check may have come through meanwhile.
      if (pair.state === 'waiting') return pair;
    }
    return this.#pairs.find(({ state }) => state === 'waiting') ?? null;
  }

  /** The best pair of a component that answered. */
  valid(component: number): CandidatePair | null {
    return this.#pairs.find((pair) => pair.component === component && pair.state === 'succeeded') ?? null;
  }

  /** RFC 8445 §8.1.2: once a component has its pair, what still waits is not tried any more. */
  conclude(component: number): void {
    for (const pair of this.#pairs) {
      if (pair.component === component && pair.state === 'waiting' && !pair.triggered) pair.state = 'failed';
    }
  }

  isBetter(one: CandidatePair, other: CandidatePair): boolean {
    return this.#priority(one) > this.#priority(other);
  }

  #add(component: number, address: string, port: number, remotePriority: number): CandidatePair | null {
    if (this.#pairs.length >= mostPairs || this.find(component, address, port)) return null;
    const pair: CandidatePair = {
      component,
      address,
      port,
      remotePriority,
      state: 'waiting',
      triggered: false,
      nominateOnSuccess: false,
      heardMs: -Infinity,
    };
    this.#pairs.push(pair);
    return pair;
  }

  #sort(): void {
    this.#pairs.sort((one, other) => Number(this.#priority(other) - this.#priority(one)));
  }

  #priority({ component, remotePriority }: CandidatePair): bigint {
    const local = candidatePriority('host', component);
    return this.#controlling ? pairPriority(local, remotePriority) : pairPriority(remotePriority, local);
  }
}

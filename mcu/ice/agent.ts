import type { IceCredentials, RemoteIce } from '../ports.ts';
import { CheckList } from './check-list.ts';
import type { CandidatePair } from './check-list.ts';
import type { IceCheckpoint } from './checkpoint.ts';
import { Consent } from './consent.ts';
import { buildCheck } from './request.ts';
import { Responder } from './responder.ts';
import { Role } from './role.ts';
import { SelectedPairs } from './selected-pairs.ts';
import { hasIntegrity, parseStun } from './stun.ts';
import type { StunMessage } from './stun.ts';
import { Transactions } from './transactions.ts';
import type { CheckPurpose, Transaction } from './transactions.ts';

/** RFC 8445 §14.2: Ta, the least time between two new checks. */
const paceMs = 50;
/** How long the controlling end waits for a better pair than the first that works. */
const nominateAfterMs = 150;

export interface IceAgentOptions {
  readonly mode: 'full' | 'lite';
  /** RFC 8445 §6.1.1; a lite agent never controls. */
  readonly controlling: boolean;
  readonly local: IceCredentials;
  readonly remote: RemoteIce;
  /** 1: RTP and RTCP share a port; 2: they don't. */
  readonly components: 1 | 2;
  readonly send: (component: number, bytes: Buffer, address: string, port: number) => void;
  /** Monotonic ms. */
  readonly now: () => number;
  /** Where a component's packets go from now on; said again when it changes. */
  readonly onSelected: (component: number, address: string, port: number) => void;
  /** Once, when all components have a pair. */
  readonly onConnected: () => void;
  /** The peer's consent to be sent to has run out (RFC 7675): nothing more may be sent. */
  readonly onConsentLost: () => void;
}

/**
 * An ICE agent (RFC 8445) for one stream on sockets that somebody else owns. All that it learns comes from peers
 * who have shown the password; what others send is counted and gets at most a short error answer.
 */
export class IceAgent {
  readonly #options: IceAgentOptions;
  readonly #list: CheckList;
  readonly #transactions = new Transactions();
  readonly #selected: SelectedPairs;
  readonly #consent: Consent;
  readonly #role: Role;
  readonly #responder: Responder;
  #timer: NodeJS.Timeout | undefined;
  #validSinceMs = Infinity;
  #connected = false;
  #over = false;
  #dropped = 0;

  constructor(options: IceAgentOptions) {
    const { mode, local, remote, components, send, now } = options;
    this.#options = options;
    this.#role = new Role(options.controlling && mode === 'full', (controlling) => {
      this.#list.controlling = controlling;
    });
    const role = mode === 'full' ? this.#role : null;
    this.#responder = new Responder({ local, remoteUfrag: remote.ufrag, role, send });
    this.#list = new CheckList(this.#role.controlling);
    this.#selected = new SelectedPairs(this.#list, components, now);
    this.#consent = new Consent(now);
  }

  /** Messages that were no STUN, or not the peer's. */
  get dropped(): number {
    return this.#dropped + this.#responder.dropped;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Begins to check the peer's candidates. */
  start(): void {
    const { mode, remote } = this.#options;
    this.#list.add(remote.candidates);
    if (mode === 'full') this.#run();
    // RFC 8445 §8.2: between two lite ends nobody checks; the best candidate is it.
    else if (remote.lite) this.#takeBest();
  }

  /** Goes on where another process had come, instead of `start`: what it selected is checked by consent alone. */
  resume({ controlling, selected }: IceCheckpoint): void {
    this.#role.take(controlling && this.#options.mode === 'full');
    this.#list.add(this.#options.remote.candidates);
    for (const { component, address, port, priority } of selected) {
      const pair = this.#list.learn(component, address, port, priority);
      if (!pair) continue;
      pair.heardMs = this.#options.now();
      pair.state = 'succeeded';
      this.#nominated(pair);
    }
    if (!this.#connected && this.#options.mode === 'full') this.#run();
  }

  get checkpoint(): IceCheckpoint {
    return { controlling: this.#role.controlling, selected: this.#selected.checkpoint };
  }

  /** Whether media from there is the peer's: it has shown the password there. */
  isPeer(component: number, address: string, port: number): boolean {
    return this.#list.find(component, address, port)?.state === 'succeeded';
  }

  /** A datagram that `isStun` took for STUN. */
  receive(component: number, bytes: Buffer, address: string, port: number): void {
    const message = this.#over ? null : parseStun(bytes);
    switch (message?.class) {
      case 'request':
        this.#onRequest(message, bytes, component, address, port);
        break;
      case 'success':
      case 'error':
        this.#onAnswer(message, bytes, component, address, port);
        break;
      case 'indication':
        // A keep-alive (RFC 8445 §11); it asks for nothing.
        break;
      case undefined:
        this.#dropped++;
    }
  }

  /** To be called a few times a second. */
  tick(): void {
    this.#responder.tick();
    if (!this.#connected || this.#options.mode === 'lite') return;
    this.#sweep(this.#options.now());
    for (const pair of this.#selected) {
      if (this.#consent.isLost(pair)) {
        this.close();
        this.#options.onConsentLost();
        return;
      }
      if (this.#consent.isDue(pair)) this.#ask(pair, 'consent');
    }
  }

  /** Idempotent. */
  close(): void {
    this.#over = true;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#transactions.clear();
    this.#connected = false;
  }

  #run(): void {
    this.#timer ??= setInterval(() => this.#pace(), paceMs);
  }

  /** One sending each time (RFC 8445 §6.1.4.2). */
  #pace(): void {
    const nowMs = this.#options.now();
    this.#sweep(nowMs);
    const next = this.#list.next();
    if (next) {
      next.state = 'in-progress';
      this.#ask(next, 'check');
    } else if (this.#connected && this.#transactions.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    if (this.#role.controlling && !this.#connected) this.#nominate(nowMs);
  }

  /** What had no answer yet is sent again, or given up. */
  #sweep(nowMs: number): void {
    const { again, givenUp } = this.#transactions.due(nowMs);
    for (const { pair, purpose } of givenUp) {
      if (purpose === 'check' && pair.state === 'in-progress') pair.state = 'failed';
    }
    for (const { pair, bytes } of again) this.#send(pair, bytes);
  }

  /** Regular nomination (RFC 8445 §8.1.1): the best pair that works, for each component. */
  #nominate(nowMs: number): void {
    if (nowMs - this.#validSinceMs < nominateAfterMs) return;
    for (let component = 1; component <= this.#options.components; component++) {
      const pair = this.#list.valid(component);
      if (!pair || this.#selected.has(component) || this.#transactions.has(pair, 'nominate')) continue;
      this.#ask(pair, 'nominate');
    }
  }

  #ask(pair: CandidatePair, purpose: CheckPurpose): void {
    const { local, remote, now } = this.#options;
    const sender = { local, remote, role: this.#role };
    const { bytes } = this.#transactions.open(pair, purpose, this.#role.controlling, now(), (id) =>
      buildCheck(id, pair.component, purpose !== 'check', sender),
    );
    this.#send(pair, bytes);
  }

  #send({ component, address, port }: CandidatePair, bytes: Buffer): void {
    this.#options.send(component, bytes, address, port);
  }

  #onRequest(message: StunMessage, bytes: Buffer, component: number, address: string, port: number): void {
    if (!this.#responder.answer(message, bytes, component, address, port)) return;
    const { mode } = this.#options;
    const pair = this.#list.learn(component, address, port, message.priority ?? 0);
    if (!pair) return;
    pair.heardMs = this.#options.now();
    if (mode === 'lite') this.#works(pair);
    if (message.useCandidate && !this.#role.controlling) this.#nominated(pair);
    if (mode === 'lite' || pair.state === 'succeeded') return;
    // RFC 8445 §7.3.1.4: the way seems open, so it is checked at once.
    this.#list.trigger(pair);
    this.#run();
  }

  #onAnswer(message: StunMessage, bytes: Buffer, component: number, address: string, port: number): void {
    const transaction = this.#transactions.take(message.transactionId);
    if (!transaction || transaction.pair.component !== component) {
      this.#dropped++;
      return;
    }
    const { pair } = transaction;
    if (message.class === 'error') {
      this.#onError(transaction, message.errorCode ?? 0);
      return;
    }
    if (!hasIntegrity(bytes, message, this.#options.remote.pwd)) {
      this.#dropped++;
      return;
    }
    // RFC 8445 §7.2.5.2.1: an answer from elsewhere proves nothing of this pair.
    if (pair.address !== address || pair.port !== port) {
      if (pair.state === 'in-progress') pair.state = 'failed';
      return;
    }
    pair.heardMs = this.#options.now();
    this.#consent.renew(pair);
    this.#works(pair);
    if (transaction.purpose === 'nominate' && transaction.controlling) this.#nominated(pair);
  }

  #onError({ pair, purpose, controlling }: Transaction, errorCode: number): void {
    if (errorCode === 487) {
      this.#role.refused(controlling);
      if (purpose === 'check') this.#list.trigger(pair);
      this.#run();
    } else if (purpose === 'check') pair.state = 'failed';
  }

  /** There and back: packets can go this way. */
  #works(pair: CandidatePair): void {
    pair.state = 'succeeded';
    this.#validSinceMs = Math.min(this.#validSinceMs, this.#options.now());
    if (pair.nominateOnSuccess) this.#nominated(pair);
  }

  #nominated(pair: CandidatePair): void {
    if (pair.state !== 'succeeded') {
      pair.nominateOnSuccess = true;
      return;
    }
    pair.nominateOnSuccess = false;
    if (!this.#selected.take(pair)) return;
    this.#consent.renew(pair);
    this.#list.conclude(pair.component);
    this.#options.onSelected(pair.component, pair.address, pair.port);
    if (this.#connected || !this.#selected.complete) return;
    this.#connected = true;
    this.#options.onConnected();
  }

  #takeBest(): void {
    for (let component = 1; component <= this.#options.components; component++) {
      const best = this.#list.pairs.find((pair) => pair.component === component);
      if (!best) continue;
      best.state = 'succeeded';
      this.#nominated(best);
    }
  }
}

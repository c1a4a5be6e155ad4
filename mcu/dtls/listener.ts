import { DtlsAssociation, isSamePlace } from './association.ts';
import type { DtlsFailure, DtlsOptions, Place } from './association.ts';

/** So many that come from elsewhere than the named place may try: each costs a handshake's ciphering. */
const mostStrangers = 16;

export interface DtlsListenerOptions extends Omit<DtlsOptions, 'setup' | 'isPeer'> {
  /** Whether signalling names that place. */
  readonly isNamed: (place: Place) => boolean;
  /** Where the peer was found to be, just before `onKeys`. */
  readonly onVerified: (place: Place) => void;
}

/**
 * The passive end without ICE. A peer behind a NAT comes from elsewhere than its SDP says: so everybody with a cookie
 * may try, each in an association of its own, and the first with the right certificate is the peer. What others do
 * ends nothing; whoever is at the named place fails for good, and so does the deadline.
 */
export class DtlsListener {
  readonly #options: DtlsListenerOptions;
  readonly #trying = new Map<DtlsAssociation, Place>();
  /** Nobody's yet; null: it hears nobody. */
  #waiting: DtlsAssociation | null = null;
  #peer: DtlsAssociation | null = null;
  #strangers = 0;
  #deadline: NodeJS.Timeout | undefined;
  /** What to say at the deadline: the last that went wrong. */
  #outcome: readonly [DtlsFailure, string] = ['timeout', 'The DTLS handshake took too long.'];
  #closed = false;
  /** What associations that are over had dropped, and datagrams that were for none. */
  #dropped = 0;

  constructor(options: DtlsListenerOptions) {
    this.#options = options;
  }

  get connected(): boolean {
    return this.#peer?.connected ?? false;
  }

  /** As `DtlsAssociation.dropped`. */
  get dropped(): number {
    return this.#all().reduce((sum, { dropped }) => sum + dropped, this.#dropped);
  }

  /** Takes hellos from now on, however long it takes until one comes. */
  listen(): void {
    if (!this.#closed && !this.#peer) this.#waiting ??= this.#await();
  }

  /** From now on the peer has `deadlineMs`. */
  start(): void {
    if (this.#closed || this.#peer) return;
    this.listen();
    this.#deadline ??= setTimeout(() => this.#fail(...this.#outcome), this.#options.deadlineMs);
  }

  receive(datagram: Buffer, from: Place): void {
    const association = this.#peer ?? this.#ofPlace(from);
    if (association) association.receive(datagram, from);
    else this.#dropped++;
  }

  /** As `DtlsAssociation.close`. Idempotent. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#deadline);
    for (const association of this.#all()) association.close();
  }

  #all(): DtlsAssociation[] {
    return [this.#waiting, this.#peer, ...this.#trying.keys()].filter((one) => one !== null);
  }

  #ofPlace(from: Place): DtlsAssociation | null {
    for (const [association, place] of this.#trying) if (isSamePlace(place, from)) return association;
    const mayTry = this.#strangers < mostStrangers || this.#options.isNamed(from);
    return mayTry ? this.#waiting : null;
  }

  #await(): DtlsAssociation {
    const { identity, fingerprints, deadlineMs, send, isNamed } = this.#options;
    let place: Place | null = null;
    const association = new DtlsAssociation({
      setup: 'passive',
      identity,
      fingerprints,
      deadlineMs,
      isPeer: null,
      // Where media goes is nobody's to change who is not known yet.
      send: (datagram, to) => send(datagram, to ?? (this.#peer ? null : place)),
      onVerified: ({ address, port }) => {
        place = { address, port };
        if (!isNamed(place)) this.#strangers++;
        this.#trying.set(association, place);
        association.start();
        this.#waiting = this.#await();
      },
      onKeys: (keys) => {
        this.#found(association);
        if (place) this.#options.onVerified(place);
        this.#options.onKeys(keys);
      },
      onFailed: (failure, detail) => {
        if (place && isNamed(place)) {
          this.#fail(failure, detail);
          return;
        }
        this.#outcome = [failure, detail];
        this.#forget(association);
      },
    });
    association.listen();
    return association;
  }

  #found(peer: DtlsAssociation): void {
    clearTimeout(this.#deadline);
    this.#trying.delete(peer);
    this.#peer = peer;
    for (const other of this.#trying.keys()) this.#forget(other);
    if (this.#waiting) this.#forget(this.#waiting);
    this.#waiting = null;
  }

  #forget(association: DtlsAssociation): void {
    this.#dropped += association.dropped;
    this.#trying.delete(association);
    association.close();
  }

  #fail(failure: DtlsFailure, detail: string): void {
    this.close();
    this.#options.onFailed(failure, detail);
  }
}

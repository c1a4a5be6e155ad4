import type { LegSecurity, SrtpKeying, SrtpProfile } from '../ports.ts';
import type { CryptoLine } from './sdes.ts';
import { newKeying, offeredSuites } from './sdes.ts';

/** A peer that changes its key all the time does not fill the memory. */
const mostRemembered = 8;

/**
 * The keys that one session's stream is sent with. The same offer gets the same key, so that a repeated re-INVITE
 * gets the same answer. A peer that comes with a new key, whether it changed it or is another device now (a transfer),
 * gets a new one of ours: nobody who joins later knows how far an old one has come.
 */
export class SdesKeys {
  readonly #suites: readonly SrtpProfile[];
  readonly #byPeer = new Map<string, SrtpKeying>();
  #offered: readonly CryptoLine[] | null = null;
  #agreed: SrtpKeying | null = null;

  /** @param suites What its own offers name. */
  constructor(suites: readonly SrtpProfile[] = offeredSuites) {
    this.#suites = suites;
  }

  /** What we send with to a peer that sends with `peer`. */
  answerTo(peer: SrtpKeying): SrtpKeying {
    const name = JSON.stringify(peer);
    const known = this.#byPeer.get(name);
    if (known) return known;
    const { keys: _, ...suite } = peer;
    const keying = newKeying(suite);
    this.#remember(name, keying);
    return keying;
  }

  /** For our own offers: in a running session the key that it has, otherwise one for each suite that we offer. */
  offer(): readonly CryptoLine[] {
    if (this.#agreed) return [{ tag: 1, keying: this.#agreed }];
    return (this.#offered ??= this.#suites.map((profile, index) => ({
      tag: index + 1,
      keying: newKeying({ profile }),
    })));
  }

  /** What both sides use from now on. */
  agree(security: LegSecurity | undefined): void {
    this.#agreed = security?.kind === 'sdes' ? security.send : null;
    if (security?.kind === 'sdes') this.#remember(JSON.stringify(security.receive), security.send);
  }

  #remember(name: string, keying: SrtpKeying): void {
    this.#byPeer.delete(name);
    const [oldest] = this.#byPeer.keys();
    if (this.#byPeer.size >= mostRemembered) this.#byPeer.delete(oldest);
    this.#byPeer.set(name, keying);
  }
}

import { randomBytes } from 'node:crypto';
import type { StunMessage } from './stun.ts';

/** Which end of the two decides (RFC 8445 §6.1.1), and what is done when both believe to. */
export class Role {
  readonly #onChange: (controlling: boolean) => void;
  #controlling: boolean;
  #tieBreaker = newTieBreaker();

  constructor(controlling: boolean, onChange: (controlling: boolean) => void) {
    this.#controlling = controlling;
    this.#onChange = onChange;
  }

  get controlling(): boolean {
    return this.#controlling;
  }

  get tieBreaker(): bigint {
    return this.#tieBreaker;
  }

  take(controlling: boolean): void {
    this.#controlling = controlling;
    this.#onChange(controlling);
  }

  /** A request of the peer's: whether the role in it can be. Where it can't, one of the two gives way (§7.3.1.1). */
  meets(message: StunMessage): boolean {
    const theirs = this.#controlling ? message.controlling : message.controlled;
    if (theirs === undefined) return true;
    const weControl = this.#tieBreaker >= theirs;
    if (weControl === this.#controlling) return false;
    this.take(weControl);
    return true;
  }

  /** The peer answered a request in that role by 487: we give way (§7.2.5.1). Once: several may meet the same conflict. */
  refused(controlling: boolean): void {
    if (controlling !== this.#controlling) return;
    this.take(!controlling);
    this.#tieBreaker = newTieBreaker();
  }
}

function newTieBreaker(): bigint {
  return randomBytes(8).readBigUInt64BE(0);
}

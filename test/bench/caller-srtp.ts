import type { SrtpContext } from '../../mcu/srtp/types.ts';
import { contextOf, newSrtpKeying } from '../support/srtp.ts';

const profile = 'AES_CM_128_HMAC_SHA1_80';

/** One caller's keys (SDES) and what they do. */
export class CallerSrtp {
  readonly #own = newSrtpKeying(profile);
  readonly #send: SrtpContext = contextOf(this.#own);
  readonly #wire = Buffer.alloc(2048);
  #receive: SrtpContext | null = null;

  /** For the offer. */
  get line(): string {
    return `a=crypto:1 ${profile} inline:${this.#own.keys[0].inline}`;
  }

  /** Takes the key of the answer. */
  answered(sdp: string): void {
    const [, inline] = /^a=crypto:1 \w+ inline:(\S+)/m.exec(sdp) ?? [];
    if (inline) this.#receive = contextOf({ profile, keys: [{ inline }] });
  }

  /** Good until the next one. */
  protect(packet: Buffer): Buffer {
    return this.#wire.subarray(0, this.#send.protectRtp(packet, this.#wire));
  }

  /** In place; null: not authentic. */
  open(wire: Buffer): Buffer | null {
    const length = this.#receive?.unprotectRtp(wire) ?? -1;
    return length < 0 ? null : wire.subarray(0, length);
  }
}

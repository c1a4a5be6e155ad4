import type { Clock } from '../ports.ts';

/** A key that comes again by the other way after this long was pressed again: INFO may wait for the key's release. */
const sameKeyMs = 1500;
/** More keys than a person presses in that time. */
const mostKept = 16;

type Way = 'media' | 'signalling';

/**
 * Many devices can be set to send each key twice, by RFC 4733 and by INFO. What came by one way and comes by the
 * other is one key; the same key twice by one way is two.
 */
export class Keypad {
  readonly #clock: Clock;
  readonly #onDigit: (digit: string) => void;
  readonly #single: { readonly way: Way; readonly digit: string; readonly atMs: number }[] = [];

  constructor(clock: Clock, onDigit: (digit: string) => void) {
    this.#clock = clock;
    this.#onDigit = onDigit;
  }

  press(way: Way, digit: string): void {
    const atMs = this.#clock.monotonicMs();
    const twin = this.#single.findIndex(
      (one) => one.way !== way && one.digit === digit && atMs - one.atMs < sameKeyMs,
    );
    if (twin >= 0) {
      this.#single.splice(twin, 1);
      return;
    }
    this.#single.push({ way, digit, atMs });
    if (this.#single.length > mostKept) this.#single.shift();
    this.#onDigit(digit);
  }
}

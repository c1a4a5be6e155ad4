import { EventEmitter } from 'node:events';
import type { OutgoingLegEvents } from '../ports.ts';

/** Longer than any PIN. */
const mostTypedAhead = 32;

/** A leg's events. Digits that come in one read with the stack's word on our 200 wait until somebody listens. */
export class LegEmitter {
  readonly #events = new EventEmitter();
  readonly #typedAhead: string[] = [];

  on<E extends keyof OutgoingLegEvents>(event: E, listener: (...args: OutgoingLegEvents[E]) => void): void {
    this.#events.on(event, listener as (...args: unknown[]) => void);
    if (event !== 'digit') return;
    for (const digit of this.#typedAhead.splice(0)) this.#events.emit('digit', digit);
  }

  emit<E extends keyof OutgoingLegEvents>(event: E, ...args: OutgoingLegEvents[E]): void {
    this.#events.emit(event, ...args);
  }

  digit(digit: string): void {
    if (!this.#events.emit('digit', digit) && this.#typedAhead.length < mostTypedAhead)
      this.#typedAhead.push(digit);
  }
}

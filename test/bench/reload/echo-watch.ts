import { setTimeout as pause } from 'node:timers/promises';
import type { BenchCall } from '../callers.ts';

/** What is on its way at the end of a period comes within this, or is lost. */
const lastMs = 1000;

/** How long packets took to the gateway and back. */
export interface Echoes {
  readonly sent: number;
  /** ms, ascending. */
  readonly roundTripsMs: readonly number[];
}

/** Times every packet of calls that hear themselves. A packet belongs to the period in which it left. */
export class EchoWatch {
  readonly #calls: readonly BenchCall[];
  #roundTripsMs: number[] = [];
  #fromMs = Infinity;
  #untilMs = Infinity;
  #sentBefore = 0;

  constructor(calls: readonly BenchCall[]) {
    this.#calls = calls;
    for (const { media } of calls) {
      media.stamped = true;
      media.onPayload = (payload, atMs) => {
        const sentMs = payload.readUInt32BE(0) / 100;
        if (sentMs >= this.#fromMs && sentMs < this.#untilMs) this.#roundTripsMs.push(atMs - sentMs);
      };
    }
  }

  begin(): void {
    this.#roundTripsMs = [];
    this.#untilMs = Infinity;
    this.#sentBefore = this.#sent();
    this.#fromMs = performance.now();
  }

  async end(): Promise<Echoes> {
    this.#untilMs = performance.now();
    const sent = this.#sent() - this.#sentBefore;
    await pause(lastMs);
    const roundTripsMs = this.#roundTripsMs.sort((a, b) => a - b);
    this.#fromMs = Infinity;
    return { sent, roundTripsMs };
  }

  #sent(): number {
    return this.#calls.reduce((sum, { media }) => sum + media.sent, 0);
  }
}

import type { Cancel, Timers } from '../../gateway/sip/edge/timers.ts';

/** Time that stands still until a test moves it. */
export class FakeTimers implements Timers {
  #nowMs = Date.UTC(2030, 0, 1);
  #sequence = 0;
  readonly #pending = new Map<number, { atMs: number; run: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, run: () => void): Cancel {
    const id = this.#sequence++;
    this.#pending.set(id, { atMs: this.#nowMs + ms, run });
    return () => {
      this.#pending.delete(id);
    };
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Runs, in their order, all timers that are due within `ms`, those that they start included. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      let next: [number, { atMs: number; run: () => void }] | undefined;
      for (const entry of this.#pending) {
        if (entry[1].atMs <= endMs && (!next || entry[1].atMs < next[1].atMs)) next = entry;
      }
      if (!next) break;
      const [id, timer] = next;
      this.#pending.delete(id);
      this.#nowMs = Math.max(this.#nowMs, timer.atMs);
      timer.run();
    }
    this.#nowMs = endMs;
  }
}

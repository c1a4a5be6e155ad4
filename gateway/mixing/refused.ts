interface Refusals {
  readonly sinceMs: number;
  lastMs: number;
}

/** The node tries again every five seconds at least; whoever was refused longer ago has gone. */
const forgottenMs = 30_000;

/** Callers whom FreeSWITCH refuses again and again, though it is there: it has no RTP port left, or not their codec. */
export class RefusedSeats {
  readonly #patienceMs: number;
  readonly #seats = new Map<string, Refusals>();

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  /** @returns whether that goes on for so long that they are to wait no more */
  refused(seat: string, nowMs: number): boolean {
    for (const [name, { lastMs }] of this.#seats) if (nowMs - lastMs > forgottenMs) this.#seats.delete(name);
    const known = this.#seats.get(seat);
    if (!known) {
      this.#seats.set(seat, { sinceMs: nowMs, lastMs: nowMs });
      return false;
    }
    known.lastMs = nowMs;
    if (nowMs - known.sinceMs < this.#patienceMs) return false;
    this.#seats.delete(seat);
    return true;
  }

  taken(seat: string): void {
    this.#seats.delete(seat);
  }
}

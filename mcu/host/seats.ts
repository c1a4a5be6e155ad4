/** Which process of each gateway is in use; others stand by, or are on their way out. */
export class Seats<Visit> {
  readonly #inUse = new Map<string, Visit>();

  /** Gives the one that had the turn until now; null: nobody else. */
  take(seat: string, visit: Visit): Visit | null {
    const before = this.#inUse.get(seat);
    this.#inUse.set(seat, visit);
    return before === undefined || before === visit ? null : before;
  }

  leave(seat: string, visit: Visit): void {
    if (this.#inUse.get(seat) === visit) this.#inUse.delete(seat);
  }
}

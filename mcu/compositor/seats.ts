/** Who sits where, when there may be more people than places. */

/** A candidate's claim to a place: whoever spoke last has the best one, then whoever came first. */
type SpokeMs = (identity: string) => number;

/**
 * Remembers the places of one layout. Nobody moves without a cause: who is seen stays where they are until somebody
 * before them leaves, or somebody who isn't seen has spoken later than they did.
 */
export class Seats {
  #seated: readonly string[] = [];

  /** `candidates` in the order in which they came, each once. Returns at most `places` of them, in the order to be shown. */
  choose(candidates: readonly string[], places: number, spokeMs: SpokeMs): readonly string[] {
    const arrival = new Map(candidates.map((identity, index) => [identity, index]));
    const byClaim = (a: string, b: string): number =>
      compare(spokeMs(b), spokeMs(a)) || (arrival.get(a) ?? 0) - (arrival.get(b) ?? 0);
    const chosen = new Set([...candidates].sort(byClaim).slice(0, places));
    // In the order in which they came, not in that of their claims: it is the one in which they would sit without the limit.
    const newcomers = candidates.filter(
      (identity) => chosen.has(identity) && !this.#seated.includes(identity),
    );
    const seats = this.#seated.map((identity) => (chosen.has(identity) ? identity : newcomers.shift()));
    this.#seated = [...seats.filter((identity) => identity !== undefined), ...newcomers];
    return this.#seated;
  }
}

/** Without NaN where both never spoke. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

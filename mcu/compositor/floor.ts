/** Who has the floor in a room, and who had it when. Its time is passed in, so that tests need none. */
import type { RoomShown } from '../ports/pictures.ts';

/** So long somebody speaks before the picture follows them: a cough or a word doesn't turn everybody's head. */
const followedAfterMs = 1500;
/** So long one is louder than a speaker who goes on before the picture follows: two who talk at once don't alternate. */
const overtakenAfterMs = 3000;
/** A pause for breath is still speech. */
const breathMs = 700;

interface Speech {
  readonly sinceMs: number;
  /** Last heard. */
  lastMs: number;
}

/** One per room. */
export class Floor {
  /** Of those present, whoever had the floor last comes first. */
  #holders: string[] = [];
  readonly #speeches = new Map<string, Speech>();
  readonly #followedMs = new Map<string, number>();
  #speaking: readonly string[] = [];
  #loudestSinceMs = 0;

  /**
   * To be called when the people or speakers have changed, and at the time that it returns: then somebody who goes on
   * speaking may take the floor. Null: at no time.
   */
  update({ people, speakers }: Pick<RoomShown, 'people' | 'speakers'>, nowMs: number): number | null {
    const present = new Set(people.map(({ identity }) => identity));
    const speaking = speakers.filter((identity) => present.has(identity));
    if (speaking[0] !== this.#speaking[0]) this.#loudestSinceMs = nowMs;
    this.#forget(present);
    this.#listen(speaking, nowMs);
    const next = this.#candidate(nowMs);
    if (next !== null) this.#holders = [next, ...this.#holders.filter((identity) => identity !== next)];
    return this.#nextChangeMs(nowMs);
  }

  /** Who has the floor among these people, given in the order in which they came; null: there is nobody. */
  holder(among: readonly string[]): string | null {
    const present = new Set(among);
    return this.#holders.find((identity) => present.has(identity)) ?? among.at(0) ?? null;
  }

  /** When they last spoke for long enough to be followed; −∞: never. */
  spokeMs(identity: string): number {
    return this.#followedMs.get(identity) ?? -Infinity;
  }

  #forget(present: ReadonlySet<string>): void {
    this.#holders = this.#holders.filter((identity) => present.has(identity));
    for (const kept of [this.#speeches, this.#followedMs])
      for (const identity of kept.keys()) if (!present.has(identity)) kept.delete(identity);
  }

  #listen(speaking: readonly string[], nowMs: number): void {
    // Who was speaking at the last call has been until now.
    for (const identity of this.#speaking) {
      const speech = this.#speeches.get(identity);
      if (speech) speech.lastMs = nowMs;
    }
    for (const [identity, { lastMs }] of this.#speeches)
      if (nowMs - lastMs > breathMs) this.#speeches.delete(identity);
    for (const identity of speaking) {
      const speech = this.#speeches.get(identity);
      if (speech) speech.lastMs = nowMs;
      else this.#speeches.set(identity, { sinceMs: nowMs, lastMs: nowMs });
      if (this.#spokenForMs(identity, nowMs) >= followedAfterMs) this.#followedMs.set(identity, nowMs);
    }
    this.#speaking = speaking;
  }

  #spokenForMs(identity: string, nowMs: number): number {
    return nowMs - (this.#speeches.get(identity)?.sinceMs ?? nowMs);
  }

  #candidate(nowMs: number): string | null {
    const holder = this.#holders.at(0);
    const loudest = this.#speaking.at(0);
    if (loudest === undefined) return null;
    if (holder === undefined) return loudest;
    if (loudest === holder) return null;
    if (this.#speeches.has(holder)) return nowMs - this.#loudestSinceMs >= overtakenAfterMs ? loudest : null;
    return this.#speaking.find((identity) => this.#spokenForMs(identity, nowMs) >= followedAfterMs) ?? null;
  }

  #nextChangeMs(nowMs: number): number | null {
    const times = this.#speaking.map(
      (identity) => nowMs - this.#spokenForMs(identity, nowMs) + followedAfterMs,
    );
    const holder = this.#holders.at(0);
    if (holder !== undefined && this.#speaking.length > 0 && !this.#speaking.includes(holder)) {
      const speech = this.#speeches.get(holder);
      if (speech) times.push(speech.lastMs + breathMs + 1);
    }
    if (this.#speaking.length > 0 && this.#speaking[0] !== holder)
      times.push(this.#loudestSinceMs + overtakenAfterMs);
    const later = times.filter((ms) => ms > nowMs);
    return later.length > 0 ? Math.min(...later) : null;
  }
}

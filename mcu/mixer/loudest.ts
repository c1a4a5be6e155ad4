/** A voice that may or may not be listened to. */
export interface Candidate {
  /** Whether anything comes from it. */
  readonly present: boolean;
  /** Has to be decoded anyway. */
  readonly needed: boolean;
  /** How loud it was of late: measured while it is listened to, guessed from its packets while it isn't. dBFS. */
  readonly loudnessDb: number;
  /** Whether it is decoded and mixed. */
  listening: boolean;
}

/** Who isn't listened to must be this much louder than the quietest who is. */
const advantageDb = 6;
/** Below this nobody is missed: such a place goes round, so that a wrong guess is found out. */
const idleDb = -50;
const roundTicks = 10;

/**
 * Chooses whom a room listens to when more than a few send sound: the loudest, who keep their places until somebody
 * is clearly louder. At most one changes over per tick.
 */
export class Loudest<T extends Candidate> {
  readonly #places: number;
  #ticks = 0;
  #turn = 0;

  constructor(places: number) {
    this.#places = places;
  }

  /** Once per tick; `all` in an order that stays. */
  choose(all: ReadonlySet<T>): void {
    this.#ticks++;
    if (all.size <= this.#places) {
      for (const one of all) one.listening = true;
      return;
    }
    let free = this.#places;
    let quietest: T | null = null;
    let loudest: T | null = null;
    for (const one of all) {
      if (one.needed) {
        one.listening = true;
        continue;
      }
      if (!one.present) one.listening = false;
      else if (!one.listening) {
        if (!loudest || one.loudnessDb > loudest.loudnessDb) loudest = one;
      } else if (--free < 0) {
        // Fewer had to be chosen from until now.
        one.listening = false;
      } else if (!quietest || one.loudnessDb < quietest.loudnessDb) quietest = one;
    }
    if (!loudest) return;
    if (free > 0) loudest.listening = true;
    else if (quietest) this.#contend(all, quietest, loudest);
  }

  #contend(all: ReadonlySet<T>, quietest: T, loudest: T): void {
    let winner: T | null = loudest.loudnessDb > quietest.loudnessDb + advantageDb ? loudest : null;
    if (!winner && quietest.loudnessDb < idleDb && this.#ticks % roundTicks === 0) winner = this.#next(all);
    if (!winner) return;
    quietest.listening = false;
    winner.listening = true;
  }

  /** Whose turn it is of those who are not listened to. */
  #next(all: ReadonlySet<T>): T | null {
    let first: T | null = null;
    let index = 0;
    for (const one of all) {
      if (++index > this.#turn && one.present && !one.listening) {
        this.#turn = index;
        return one;
      }
      if (!first && one.present && !one.listening) first = one;
    }
    this.#turn = 0;
    return first;
  }
}

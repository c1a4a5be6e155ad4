import type { LegStats } from '../ports.ts';
import { addStats } from '../quality/add-stats.ts';

/** What is known of a leg's figures: of the process that carries it, and of those that died. */
export class CarriedStats {
  #before: LegStats | null = null;
  #present: LegStats | null = null;

  /** The present process says how its own count stands. */
  are(stats: LegStats): void {
    this.#present = stats;
  }

  /** The present process is gone; what it told last is kept, the next one begins at zero. */
  carry(): void {
    if (this.#present) this.#before = addStats(this.#before, this.#present);
    this.#present = null;
  }

  /** Of the leg's whole life; null: nothing was ever told. */
  get known(): LegStats | null {
    return this.#present ? addStats(this.#before, this.#present) : this.#before;
  }
}

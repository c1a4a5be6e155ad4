import { Seat } from './seat.ts';
import type { SeatDeps } from './seat.ts';

type Part = 'member' | 'camera' | 'viewer';

/** Everybody's seats by name. */
export class Seats {
  readonly #deps: Omit<SeatDeps, 'onEmpty'>;
  readonly #seats = new Map<string, Seat>();

  constructor(deps: Omit<SeatDeps, 'onEmpty'>) {
    this.#deps = deps;
  }

  /**
   * The seat for one more stream. Where somebody has two of a kind at once, as with two microphones, the second gets a
   * seat of its own; one of the same id is the first one's successor.
   */
  for(name: string, part: Part, id: string): Seat {
    const own = this.#open(name);
    const present = idOf(own, part);
    return present === null || present === id ? own : this.#open(`${name}/${id}`);
  }

  close(): void {
    for (const seat of [...this.#seats.values()]) seat.close();
  }

  #open(name: string): Seat {
    let seat = this.#seats.get(name);
    if (!seat) {
      const opened: Seat = new Seat(name, {
        ...this.#deps,
        onEmpty: () => this.#seats.get(name) === opened && this.#seats.delete(name),
      });
      this.#seats.set(name, (seat = opened));
    }
    return seat;
  }
}

function idOf(seat: Seat, part: Part): string | null {
  return seat[part]?.id ?? null;
}

/** From one address, and in all: nobody keeps others out by guessing. */
const mostFromOne = 4;
const most = 64;

/** Connections that have not proved themselves yet. */
export class Strangers {
  readonly #byAddress = new Map<string, number>();
  #all = 0;

  /** To be called when it has proved itself or is gone; idempotent. Null: there are too many. */
  enter(address: string): (() => void) | null {
    const fromThere = this.#byAddress.get(address) ?? 0;
    if (fromThere >= mostFromOne || this.#all >= most) return null;
    this.#byAddress.set(address, fromThere + 1);
    this.#all++;
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.#leave(address);
    };
  }

  #leave(address: string): void {
    this.#all--;
    const left = (this.#byAddress.get(address) ?? 0) - 1;
    if (left > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
  }
}

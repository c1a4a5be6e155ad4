const pausesMs = [100, 250, 500, 1000, 2000, 5000];
/** Whoever lived this long begins with the shortest pause again. */
const soundAfterMs = 5000;

/** How long to wait before something that was lost is opened anew: longer each time. */
export class BackOff {
  #step = 0;
  #upMs = Infinity;

  up(): void {
    this.#upMs = performance.now();
  }

  /** It is lost. */
  pauseMs(): number {
    if (performance.now() - this.#upMs > soundAfterMs) this.#step = 0;
    this.#upMs = Infinity;
    const pause = pausesMs[this.#step];
    this.#step = Math.min(this.#step + 1, pausesMs.length - 1);
    return pause;
  }
}

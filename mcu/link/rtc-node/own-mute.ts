/** Tells a host's mutes of our track from the echoes of our own, which may come when we have asked for another since. */
export class OwnMute {
  readonly #apply: (muted: boolean) => void;
  readonly #asked: boolean[] = [];

  constructor(apply: (muted: boolean) => void) {
    this.#apply = apply;
  }

  set(muted: boolean): void {
    this.#apply(muted);
    this.#asked.push(muted);
  }

  /** Whether a change that the room tells of was asked for here. Changes come in order: none before it will come. */
  isEcho(muted: boolean): boolean {
    const at = this.#asked.indexOf(muted);
    if (at < 0) return false;
    this.#asked.splice(0, at + 1);
    return true;
  }
}

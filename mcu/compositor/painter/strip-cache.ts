import type { Strip } from '../i420.ts';

/** Strips by what is drawn on them; those that were not wanted for the longest time go first. */
export class StripCache {
  readonly #mostBytes: number;
  readonly #strips = new Map<string, Strip>();
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get(key: string, make: () => Strip): Strip {
    let strip = this.#strips.get(key);
    if (strip) this.#strips.delete(key);
    else this.#bytes += bytesOf((strip = make()));
    this.#strips.set(key, strip);
    this.#shrink();
    return strip;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The one wanted last stays, whatever its size. */
  #shrink(): void {
    for (const [key, strip] of this.#strips) {
      if (this.#bytes <= this.#mostBytes || this.#strips.size === 1) return;
      this.#strips.delete(key);
      this.#bytes -= bytesOf(strip);
    }
  }
}

function bytesOf({ planes }: Strip): number {
  return planes.reduce((sum, { values, kept, opaque, blended }) => {
    return sum + values.byteLength + kept.byteLength + opaque.byteLength + blended.byteLength;
  }, 0);
}

import { statSync } from 'node:fs';
import { PinKeys } from './pin-keys.ts';

/** The keys of PINs as their file has them now: `npm run pins` may give it new ones while the gateway runs. */
export class PinKeyring {
  readonly #file: string;
  #keys: PinKeys;
  #seen: string;

  /** Throws `PinKeysUnusable`. */
  constructor(file: string) {
    this.#file = file;
    this.#keys = PinKeys.open(file);
    this.#seen = markOf(file);
  }

  /** One look at the file's time and number, a few µs. While the file can't be read the last keys count. */
  keys(): PinKeys {
    const mark = markOf(this.#file);
    if (mark === this.#seen || mark === '') return this.#keys;
    try {
      this.#keys = PinKeys.open(this.#file);
      // After opening: that may have mended the file's mode.
      this.#seen = mark;
    } catch {
      // Somebody is mending it by hand. What can't be found or unsealed meanwhile says so.
    }
    return this.#keys;
  }
}

/** Empty: there is no file now. */
function markOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? '' : `${found.ino} ${found.mtimeMs} ${found.size}`;
}

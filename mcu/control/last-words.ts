/**
 * What a process was at when it died can't be asked of it. It notes that in a file without a name that its parent has
 * open too: what is written there outlives a crash, and nothing of it reaches a disk in time to matter.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a child finds it, behind its standard streams and the channel to its parent. */
const childFd = 4;
/** Numbers of 32 bits; more at once are not noted. */
const places = 64;
const bytesEach = 4;

/** The parent's end. */
export class LastWords {
  readonly fd: number;
  #closed = false;

  private constructor(fd: number) {
    this.fd = fd;
  }

  /** Null: there is no folder to write in. */
  static open(): LastWords | null {
    const path = join(tmpdir(), `gateway-${randomUUID()}`);
    try {
      const fd = openSync(path, 'wx+', 0o600);
      unlinkSync(path);
      ftruncateSync(fd, places * bytesEach);
      return new LastWords(fd);
    } catch {
      return null;
    }
  }

  /** What the child had noted and not struck out; once, after its end. */
  take(): number[] {
    if (this.#closed) return [];
    this.#closed = true;
    const bytes = Buffer.alloc(places * bytesEach);
    readSync(this.fd, bytes, 0, bytes.length, 0);
    closeSync(this.fd);
    const noted = Array.from({ length: places }, (_, place) => bytes.readUInt32LE(place * bytesEach));
    return noted.filter((number) => number !== 0);
  }
}

/** The child's end. Without a file nothing is noted. */
export class Notes {
  readonly #places = new Uint32Array(places);
  readonly #written = Buffer.alloc(bytesEach);
  readonly #fd: number | null;

  /** `fd`: where the file is open in this process. */
  constructor(fd = childFd) {
    this.#fd = isNoteFile(fd) ? fd : null;
  }

  /** This is begun now, perhaps once more. `number`: not 0. */
  add(number: number): void {
    this.#replace(0, number);
  }

  /** It is done. */
  remove(number: number): void {
    this.#replace(number, 0);
  }

  #replace(before: number, now: number): void {
    if (this.#fd === null) return;
    const place = this.#places.indexOf(before);
    if (place < 0) return;
    this.#places[place] = now;
    this.#written.writeUInt32LE(now, 0);
    writeSync(this.#fd, this.#written, 0, bytesEach, place * bytesEach);
  }
}

function isNoteFile(fd: number): boolean {
  try {
    const status = fstatSync(fd);
    return status.isFile() && status.size === places * bytesEach;
  } catch {
    return false;
  }
}

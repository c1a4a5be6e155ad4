import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { messageOf } from '../errors.ts';
import type { Log } from '../ports.ts';

/**
 * What still has to be written elsewhere, in a file, a line of JSON each, so that neither a restart nor a kill -9 loses
 * it. Appending goes on in the background. What is in it twice, or was written elsewhere already, must do no harm.
 */
export class Journal<T> {
  readonly #file: string;
  readonly #log: Log;
  readonly #isItem: (value: unknown) => value is T;
  /** Lines that are not in the file yet. */
  #lines: string[] = [];
  /** What is in the file is of no use any more. */
  #isOver = false;
  #writing: Promise<void> | null = null;
  #handle: FileHandle | null = null;
  /** Why it can't be written, in words; null: it can. */
  #problem: string | null = null;

  constructor(file: string, isItem: (value: unknown) => value is T, log: Log) {
    this.#file = file;
    this.#isItem = isItem;
    this.#log = log;
  }

  /** What the last run left, in its order. A line that its end cut short is left out, and what is no item. */
  read(): T[] {
    let text: string;
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch {
      return [];
    }
    const items = text
      .split('\n')
      .filter((line) => line !== '')
      .map(parsed);
    const good = items.filter(this.#isItem);
    if (good.length < items.length)
      this.#log.warn({ file: this.#file, lines: items.length - good.length }, 'journal has unusable lines');
    return good;
  }

  add(item: T): void {
    this.#lines.push(`${JSON.stringify(item)}\n`);
    this.#write();
  }

  /** All that was added is written elsewhere. */
  clear(): void {
    this.#lines = [];
    this.#isOver = true;
    this.#write();
  }

  /** Resolves when all is in the file that can be. Idempotent. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#handle?.close();
    this.#handle = null;
  }

  #write(): void {
    this.#writing ??= this.#drain().finally(() => (this.#writing = null));
  }

  async #drain(): Promise<void> {
    while (this.#isOver || this.#lines.length > 0) {
      const text = this.#lines.join('');
      const isOver = this.#isOver;
      this.#lines = [];
      this.#isOver = false;
      try {
        this.#handle ??= await open(this.#file, 'a', 0o600);
        if (isOver) await this.#handle.truncate();
        if (text !== '') await this.#handle.appendFile(text);
        this.#problem = null;
      } catch (error) {
        const words = messageOf(error);
        if (this.#problem !== words)
          this.#log.warn(
            { file: this.#file, cause: words },
            'journal can’t be written; what waits would be lost by a restart',
          );
        this.#problem = words;
      }
    }
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

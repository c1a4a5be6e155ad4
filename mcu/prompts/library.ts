import { readFile, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { MediaError, messageOf } from '../errors.ts';
import { resample } from './resample.ts';
import { readWav } from './wav.ts';

interface Loaded {
  readonly changedMs: number;
  readonly samples: Promise<Int16Array>;
}

/** Prompt files, each read and resampled once, again when the file changes. */
export class PromptLibrary {
  readonly #folder: string;
  readonly #rateHz: number;
  readonly #loaded = new Map<string, Loaded>();

  constructor(folder: string, rateHz: number) {
    this.#folder = resolve(folder);
    this.#rateHz = rateHz;
  }

  /** All files' samples at the mix's rate; throws PROMPT_UNREADABLE. */
  load(files: readonly string[]): Promise<Int16Array[]> {
    return Promise.all(files.map((file) => this.#load(file)));
  }

  async #load(file: string): Promise<Int16Array> {
    const path = resolve(this.#folder, file);
    if (!path.startsWith(this.#folder + sep)) {
      throw new MediaError('PROMPT_UNREADABLE', `${file} is not in the prompt folder.`);
    }
    try {
      const changedMs = (await stat(path)).mtimeMs;
      const known = this.#loaded.get(path);
      if (known?.changedMs === changedMs) return await known.samples;
      const samples = this.#read(path, file);
      this.#loaded.set(path, { changedMs, samples });
      return await samples;
    } catch (error) {
      this.#loaded.delete(path);
      if (error instanceof MediaError) throw error;
      throw new MediaError('PROMPT_UNREADABLE', `${file}: ${messageOf(error)}`, error);
    }
  }

  async #read(path: string, name: string): Promise<Int16Array> {
    const sound = readWav(await readFile(path), name);
    return resample(sound.samples, sound.rateHz, this.#rateHz);
  }
}

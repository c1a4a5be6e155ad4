import { readFile, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { MediaError, messageOf } from '../errors.ts';
import { resample } from './resample.ts';
import { readWav } from './wav.ts';

interface Loaded {
  readonly changedMs: number;
  readonly samples: Promise<Int16Array>;
}

/** Prompt files, each read and resampled once for each rate, again when the file changes. */
export class PromptLibrary {
  readonly #folder: string;
  readonly #loaded = new Map<string, Loaded>();

  constructor(folder: string) {
    this.#folder = resolve(folder);
  }

  /** All files' samples at the listener's rate; throws PROMPT_UNREADABLE. */
  load(files: readonly string[], rateHz: number): Promise<Int16Array[]> {
    return Promise.all(files.map((file) => this.#load(file, rateHz)));
  }

  async #load(file: string, rateHz: number): Promise<Int16Array> {
    const path = resolve(this.#folder, file);
    if (!path.startsWith(this.#folder + sep)) {
      throw new MediaError('PROMPT_UNREADABLE', `${file} is not in the prompt folder.`);
    }
    const key = `${rateHz} ${path}`;
    try {
      const changedMs = (await stat(path)).mtimeMs;
      const known = this.#loaded.get(key);
      if (known?.changedMs === changedMs) return await known.samples;
      const samples = this.#read(path, file, rateHz);
      this.#loaded.set(key, { changedMs, samples });
      return await samples;
    } catch (error) {
      this.#loaded.delete(key);
      if (error instanceof MediaError) throw error;
      throw new MediaError('PROMPT_UNREADABLE', `${file}: ${messageOf(error)}`, error);
    }
  }

  async #read(path: string, name: string, rateHz: number): Promise<Int16Array> {
    const sound = readWav(await readFile(path), name);
    return resample(sound.samples, sound.rateHz, rateHz);
  }
}

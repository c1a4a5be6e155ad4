import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const promptLanguages = ['en', 'de'] as const;
export type Language = (typeof promptLanguages)[number];

/** Every prompt that ships; what each one says stands in `texts.yaml`. */
export const promptIds = [
  'welcome',
  'enter-pin',
  'pin-wrong',
  'pin-wrong-last',
  'pin-timeout',
  'goodbye',
  'goodbye-wrong-pin',
  'blocked',
  'joining',
  'first-here',
  'wait-for-host',
  'host-arrived',
  'muted',
  'unmuted',
  'muted-by-host',
  'removed-by-host',
  'room-ended',
  'room-unavailable',
  'connection-lost',
  'connection-back',
  'time-limit',
  'empty-limit',
  'echo-test',
  'shutting-down',
  'internal-error',
  'meeting-locked',
  'meeting-full',
  'meeting-not-yet',
] as const;
export type PromptId = (typeof promptIds)[number];

/** Path of a spoken prompt, relative to the prompt folder: PCM, 16 bit, mono, 16 kHz. */
export function promptFile(id: PromptId, language: Language): string {
  return `${language}/${id}.wav`;
}

/** In whose words callers are spoken to. */
export interface Voice {
  readonly language: Language;
  /** Folder below `tenants/` of the prompt folder; null: the gateway's own prompts. */
  readonly brand: string | null;
}

/** What the name of a folder of prompts may be: nothing that could lead elsewhere. */
export const brandName = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** The sounds of a prompt folder. Those that a brand has not are the gateway's own; it may have new ones at any time. */
export class PromptFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  prompt(id: PromptId, { language, brand }: Voice): string {
    return this.#branded(brand, promptFile(id, language));
  }

  music({ brand }: Voice): string {
    return this.#branded(brand, MUSIC);
  }

  #branded(brand: string | null, file: string): string {
    if (brand === null || !brandName.test(brand)) return file;
    const own = `tenants/${brand}/${file}`;
    return existsSync(join(this.path, own)) ? own : file;
  }
}

/** Music on hold, relative to the prompt folder. Its end joins its beginning: play it in a loop. */
export const MUSIC = 'music/hold.wav';

/** Short sounds that a room hears, relative to the prompt folder. */
export const TONES = { join: 'tones/join.wav', leave: 'tones/leave.wav' } as const;

/** Absolute path of the folder with the sounds that ship: beside the source, also when run from `dist/`. */
export function shippedPromptFolder(): string {
  const beside = new URL('.', import.meta.url);
  const source = existsSync(new URL('en/', beside))
    ? beside
    : new URL('../../../gateway/prompts/', import.meta.url);
  return fileURLToPath(source);
}

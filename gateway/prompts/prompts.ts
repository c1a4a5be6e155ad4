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
  'language-1',
  'language-2',
  'menu-invalid',
  'menu-timeout',
  'enter-meeting',
  'meeting-unknown',
  'meeting-timeout',
  'goodbye-no-meeting',
  'rejected',
  'transferring',
  'transfer-failed',
  'call-failed',
  'meetings-unavailable',
] as const;
export type PromptId = (typeof promptIds)[number];

/** Path of a spoken prompt, relative to the prompt folder: PCM, 16 bit, mono, 16 kHz. */
export function promptFile(id: PromptId, language: Language): string {
  return `${language}/${id}.wav`;
}

/** In whose words callers are spoken to. */
export interface Voice {
  readonly language: Language;
  /** Folders below `tenants/` of the prompt folder: of the first that has it; none has it: the gateway's own. */
  readonly brands: readonly string[];
}

/** What is said: words of the gateway's, or of a dial plan's; in the caller's language if it names no other. */
export type Spoken = PromptId | { readonly prompt: string; readonly language?: Language };

/** What a dial plan may call a prompt; and what keeps its path below the folder. */
export const promptName = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** What the name of a folder of prompts may be: nothing that could lead elsewhere. */
export const brandName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The sounds of a prompt folder. Those that a brand has not are the gateway's own; it may have new ones at any time. */
export class PromptFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The tenant's own, else the gateway's, else the tenant's own in another language; null: there is none. */
  prompt(spoken: Spoken, voice: Voice): string | null {
    const { prompt: name, language = voice.language } =
      typeof spoken === 'string' ? { prompt: spoken } : spoken;
    if (!promptName.test(name)) return null;
    const others = promptLanguages.filter((other) => other !== language);
    return (
      this.#own(voice, `${language}/${name}.wav`) ??
      this.#shipped(`${language}/${name}.wav`) ??
      others.map((other) => this.#own(voice, `${other}/${name}.wav`)).find((file) => file !== null) ??
      null
    );
  }

  music(voice: Voice): string {
    return this.#own(voice, MUSIC) ?? MUSIC;
  }

  #own({ brands }: Voice, file: string): string | null {
    for (const brand of brands) {
      const found = brandName.test(brand) ? this.#shipped(`tenants/${brand}/${file}`) : null;
      if (found !== null) return found;
    }
    return null;
  }

  #shipped(file: string): string | null {
    return existsSync(join(this.path, file)) ? file : null;
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

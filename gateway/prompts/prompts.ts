import { existsSync } from 'node:fs';
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
] as const;
export type PromptId = (typeof promptIds)[number];

/** Path of a spoken prompt, relative to the prompt folder: PCM, 16 bit, mono, 16 kHz. */
export function promptFile(id: PromptId, language: Language): string {
  return `${language}/${id}.wav`;
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

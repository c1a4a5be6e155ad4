import type { MediaLeg } from '../ports.ts';
import type { PromptFolder, Spoken, Voice } from '../prompts/prompts.ts';
import type { Sound } from './types.ts';

/** Plays what the state asks for; a new sound replaces the last. */
export class Player {
  voice: Voice;
  readonly #media: MediaLeg;
  readonly #prompts: PromptFolder;
  readonly #onPlayed: () => void;
  readonly #onError: (error: unknown) => void;
  readonly #onMissing: (prompt: string) => void;
  #current = new AbortController();

  constructor(
    media: MediaLeg,
    prompts: PromptFolder,
    voice: Voice,
    on: { played: () => void; error: (error: unknown) => void; missing: (prompt: string) => void },
  ) {
    this.#media = media;
    this.#prompts = prompts;
    this.voice = voice;
    this.#onPlayed = on.played;
    this.#onError = on.error;
    this.#onMissing = on.missing;
  }

  play(sound: Sound): void {
    this.stop();
    if (sound.kind === 'none') return;
    this.#current = new AbortController();
    this.#run(sound, this.#current.signal).catch(this.#onError);
  }

  stop(): void {
    this.#current.abort();
  }

  /** A caller hears the rest rather than nothing. */
  #fileOf(spoken: Spoken): readonly string[] {
    const file = this.#prompts.prompt(spoken, this.voice);
    if (file !== null) return [file];
    this.#onMissing(typeof spoken === 'string' ? spoken : spoken.prompt);
    return [];
  }

  async #run(sound: Exclude<Sound, { kind: 'none' }>, signal: AbortSignal): Promise<void> {
    switch (sound.kind) {
      case 'music':
        await this.#media.play([this.#prompts.music(this.voice)], { loop: true, signal });
        return;
      case 'prompts': {
        const files = sound.prompts.flatMap((spoken) => this.#fileOf(spoken));
        // Never at once: whoever asked is still in the middle of it.
        await (files.length === 0 ? Promise.resolve() : this.#media.play(files, { signal }));
        if (signal.aborted) return;
        if (sound.thenMusic === true) this.play({ kind: 'music' });
        this.#onPlayed();
      }
    }
  }
}

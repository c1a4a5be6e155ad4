import type { MediaLeg } from '../ports.ts';
import type { PromptFolder, Voice } from '../prompts/prompts.ts';
import type { Sound } from './types.ts';

/** Plays what the state asks for; a new sound replaces the last. */
export class Player {
  voice: Voice;
  readonly #media: MediaLeg;
  readonly #prompts: PromptFolder;
  readonly #onPlayed: () => void;
  readonly #onError: (error: unknown) => void;
  #current = new AbortController();

  constructor(
    media: MediaLeg,
    prompts: PromptFolder,
    voice: Voice,
    on: { played: () => void; error: (error: unknown) => void },
  ) {
    this.#media = media;
    this.#prompts = prompts;
    this.voice = voice;
    this.#onPlayed = on.played;
    this.#onError = on.error;
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

  async #run(sound: Exclude<Sound, { kind: 'none' }>, signal: AbortSignal): Promise<void> {
    switch (sound.kind) {
      case 'music':
        await this.#media.play([this.#prompts.music(this.voice)], { loop: true, signal });
        return;
      case 'prompts': {
        const files = sound.prompts.map((prompt) => this.#prompts.prompt(prompt, this.voice));
        await this.#media.play(files, { signal });
        if (signal.aborted) return;
        if (sound.thenMusic === true) this.play({ kind: 'music' });
        this.#onPlayed();
      }
    }
  }
}

/** Plays samples frame by frame, one file after the other. */
export class Player {
  readonly id: number;
  readonly #sounds: readonly Int16Array[];
  readonly #loop: boolean;
  #index = 0;
  #at = 0;

  constructor(id: number, sounds: readonly Int16Array[], loop: boolean) {
    this.id = id;
    this.#sounds = sounds;
    // Files without a sample would loop for ever within one frame.
    this.#loop = loop && sounds.some((sound) => sound.length > 0);
  }

  /** Fills the frame, silence after the end; false: that was the last of it. */
  read(frame: Int16Array): boolean {
    let filled = 0;
    while (filled < frame.length) {
      const sound = this.#sounds.at(this.#index);
      if (!sound) {
        if (!this.#loop) break;
        this.#index = 0;
        continue;
      }
      const count = Math.min(frame.length - filled, sound.length - this.#at);
      for (let i = 0; i < count; i++) frame[filled + i] = sound[this.#at + i];
      filled += count;
      this.#at += count;
      if (this.#at < sound.length) continue;
      this.#index++;
      this.#at = 0;
    }
    frame.fill(0, filled);
    return this.#loop || this.#index < this.#sounds.length;
  }
}

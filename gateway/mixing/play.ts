import type { PromptFiles } from './prompts.ts';

export interface PlayWish {
  readonly play: number;
  readonly files: readonly string[];
  readonly loop: boolean;
}

type HowPlayed = 'finished' | 'stopped' | 'failed';

/** Each command to play has its own number, whose end FreeSWITCH tells. */
let lastNumber = 0;

/** What one endpoint is played: one thing at a time, a new one replaces the last. */
export class EndpointPlay {
  readonly #prompts: PromptFiles;
  readonly #tell: (play: number, how: HowPlayed) => void;
  #wanted: PlayWish | null = null;
  /** What FreeSWITCH plays now. */
  #playing: { readonly wish: PlayWish; readonly number: number } | null = null;

  constructor(prompts: PromptFiles, tell: (play: number, how: HowPlayed) => void) {
    this.#prompts = prompts;
    this.#tell = tell;
  }

  want(wish: PlayWish): void {
    if (wish.play === this.#wanted?.play) return;
    if (this.#wanted) this.#tell(this.#wanted.play, 'stopped');
    this.#wanted = wish;
  }

  /** Whether there is something to stop. */
  stop(play: number): boolean {
    if (this.#wanted?.play !== play) return false;
    this.#wanted = null;
    this.#tell(play, 'stopped');
    return true;
  }

  /** FreeSWITCH has ended a number; true: it has to be played once more. */
  ended(number: number): boolean {
    const playing = this.#playing;
    if (playing?.number !== number) return false;
    this.#playing = null;
    if (playing.wish !== this.#wanted) return false;
    if (playing.wish.loop) return true;
    this.#wanted = null;
    this.#tell(playing.wish.play, 'finished');
    return false;
  }

  /** Its conference is left: there it is played from the beginning. */
  interrupted(): void {
    this.#playing = null;
  }

  /** Brings FreeSWITCH to play what is wanted, to one member. */
  async follow(
    { conference, member }: { readonly conference: string; readonly member: number },
    api: (command: string) => Promise<string>,
  ): Promise<void> {
    const wish = this.#wanted;
    if (this.#playing?.wish === wish) return;
    if (this.#playing) {
      this.#playing = null;
      await api(`conference ${conference} stop all ${member}`);
    }
    if (!wish || wish !== this.#wanted) return;
    const source = this.#prompts.source(wish.files, wish.loop);
    if (source === null) {
      this.#fail(wish);
      return;
    }
    const number = ++lastNumber;
    this.#playing = { wish, number };
    const answer = await api(`conference ${conference} play {gateway_play=${number}}${source} ${member}`);
    if (!answer.startsWith('+OK')) this.#fail(wish);
  }

  #fail(wish: PlayWish): void {
    this.#playing = null;
    if (this.#wanted !== wish) return;
    this.#wanted = null;
    this.#tell(wish.play, 'failed');
  }
}

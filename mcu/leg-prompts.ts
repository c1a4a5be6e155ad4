import type { Member } from './ports.ts';

interface CurrentPlay {
  readonly files: readonly string[];
  readonly loop: boolean;
  /** Counts the members that played it: only the last one's end is the play's end. */
  round: number;
  readonly resolve: (how: 'finished' | 'stopped') => void;
  readonly reject: (error: unknown) => void;
}

/** What a leg is played: one thing at a time, on whichever member the leg has. */
export class LegPrompts {
  readonly #onChange: () => void;
  #play: CurrentPlay | null = null;

  /** `onChange`: what the caller hears begins or ceases to be a prompt. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get playing(): boolean {
    return this.#play !== null;
  }

  /** Resolves when it is over; a new play stops the last. Rejects with PROMPT_UNREADABLE. */
  play(member: Member, files: readonly string[], loop: boolean): Promise<'finished' | 'stopped'> {
    this.#play?.resolve('stopped');
    return new Promise((resolve, reject) => {
      const play: CurrentPlay = { files, loop, round: 0, resolve, reject };
      this.#play = play;
      this.#onChange();
      this.#start(member, play);
    });
  }

  /** A new member goes on with what the last one played, from the beginning. */
  goOn(member: Member): void {
    if (this.#play) this.#start(member, this.#play);
  }

  stop(member: Member | null): void {
    const play = this.#play;
    if (!play) return;
    this.#play = null;
    play.resolve('stopped');
    member?.stopPlaying();
    this.#onChange();
  }

  #start(member: Member, play: CurrentPlay): void {
    const round = ++play.round;
    const end = () => {
      if (play.round !== round) return false;
      if (this.#play === play) {
        this.#play = null;
        this.#onChange();
      }
      return true;
    };
    member.play(play.files, play.loop).then(
      (how) => {
        if (end()) play.resolve(how);
      },
      (error: unknown) => {
        if (end()) play.reject(error);
      },
    );
  }
}

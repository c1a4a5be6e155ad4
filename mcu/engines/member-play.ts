import type { MediaError } from '../errors.ts';

export interface Play {
  readonly id: number;
  readonly files: readonly string[];
  readonly loop: boolean;
}

interface Pending extends Play {
  readonly resolve: (how: 'finished' | 'stopped') => void;
  readonly reject: (error: MediaError) => void;
}

/** What a member is played: one thing at a time, over whatever makes it sound. */
export class MemberPlay {
  #now: Pending | null = null;

  get now(): Play | null {
    return this.#now;
  }

  /** Resolves or rejects when it is over; what was played before has stopped. */
  begin(id: number, files: readonly string[], loop: boolean): Promise<'finished' | 'stopped'> {
    this.#now?.resolve('stopped');
    return new Promise((resolve, reject) => {
      this.#now = { id, files: [...files], loop, resolve, reject };
    });
  }

  /** False: it is played no more. */
  end(id: number, how: 'finished' | 'stopped'): boolean {
    const play = this.#take(id);
    play?.resolve(how);
    return play !== null;
  }

  /** False: it is played no more. */
  fail(id: number, error: MediaError): boolean {
    const play = this.#take(id);
    play?.reject(error);
    return play !== null;
  }

  /** What made it sound is gone: a prompt has ended with it, music goes on in the next one. False: nothing has ended. */
  lost(): boolean {
    return this.#now !== null && !this.#now.loop && this.end(this.#now.id, 'stopped');
  }

  #take(id: number): Pending | null {
    const play = this.#now;
    if (play?.id !== id) return null;
    this.#now = null;
    return play;
  }
}

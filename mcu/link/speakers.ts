/** Who speaks, from LiveKit's `speakersChanged`, which names only those whose state or loudness has changed. */
import type { SpeakerInfo } from '@livekit/protocol';

export class Speakers {
  readonly #levels = new Map<string, number>();
  #told = '[]';

  update(changes: readonly SpeakerInfo[]): void {
    for (const { sid, level, active } of changes) {
      if (active) this.#levels.set(sid, level);
      else this.#levels.delete(sid);
    }
  }

  /**
   * The identities, the loudest first, when they are others than at the last call, or in another order; null: they
   * aren't. `identityOf` gives null for those who are of no interest any more: LiveKit says nothing of their end.
   */
  changed(identityOf: (participantSid: string) => string | null): readonly string[] | null {
    const identities: string[] = [];
    for (const [sid] of [...this.#levels].sort(([, a], [, b]) => b - a)) {
      const identity = identityOf(sid);
      if (identity === null) this.#levels.delete(sid);
      else identities.push(identity);
    }
    const text = JSON.stringify(identities);
    if (text === this.#told) return null;
    this.#told = text;
    return identities;
  }
}

/** Who speaks, from LiveKit's `speakersChanged`, which names only those whose state or loudness has changed. */
import type { SpeakerInfo } from '@livekit/protocol';
import type { Speaker } from '../ports.ts';

/** What is told apart of loudness: nobody is told of each syllable. */
const stepDb = 6;

export class Speakers {
  readonly #levels = new Map<string, number>();
  #told = '[]';

  update(changes: readonly SpeakerInfo[]): void {
    for (const { sid, level, active } of changes) {
      if (active) this.#levels.set(sid, levelDbov(level));
      else this.#levels.delete(sid);
    }
  }

  /**
   * The speakers, the loudest first, when they are others than at the last call, or clearly louder or quieter; null:
   * they aren't. `identityOf` gives null for those who are of no interest any more: LiveKit says nothing of their end.
   */
  changed(identityOf: (participantSid: string) => string | null): readonly Speaker[] | null {
    const speakers: Speaker[] = [];
    for (const [sid, level] of [...this.#levels].sort(([, a], [, b]) => a - b)) {
      const identity = identityOf(sid);
      if (identity === null) this.#levels.delete(sid);
      else speakers.push({ identity, levelDbov: level });
    }
    const text = JSON.stringify(speakers);
    if (text === this.#told) return null;
    this.#told = text;
    return speakers;
  }
}

/** LiveKit's level is an amplitude, 0 to 1. */
function levelDbov(level: number): number {
  const dbov = level > 0 ? 20 * Math.log10(1 / Math.min(1, level)) : 127;
  return Math.min(127, Math.round(dbov / stepDb) * stepDb);
}

/** A word's loudness is remembered over its pauses: it fades by 20 dB a second. */
const fadeDbPerFrame = 0.4;
const silenceDb = -90;
/** What a packet that is much larger than its stream's smallest ones is taken for; they follow the quietest slowly. */
const guessedSpeechDb = -30;
const guessedPauseDb = -60;
const muchLarger = 1.4;
const smallestRise = 1.002;
/** A frame in four tells how loud all are. */
const sampled = 4;

/** How loud a voice was of late, dBFS: by its samples, or as a guess by the size of its packets. */
export class Loudness {
  db = silenceDb;
  #smallest = Infinity;

  /** A frame that was decoded. */
  measure(frame: Int16Array): void {
    let power = 0;
    for (let i = 0; i < frame.length; i += sampled) power += frame[i] * frame[i];
    const meanSquare = (power * sampled) / frame.length / (32_768 * 32_768);
    this.#raise(meanSquare > 0 ? 10 * Math.log10(meanSquare) : silenceDb);
  }

  /** A packet of a codec whose packets grow with what is said (Opus), which isn't decoded. */
  guess(bytes: number): void {
    this.#smallest = Math.min(bytes, this.#smallest * smallestRise);
    this.#raise(bytes > this.#smallest * muchLarger ? guessedSpeechDb : guessedPauseDb);
  }

  /** A level that is known without decoding. */
  tell(db: number): void {
    this.#raise(db);
  }

  #raise(db: number): void {
    this.db = Math.max(silenceDb, db, this.db - fadeDbPerFrame);
  }
}

/** G.711's loudest samples are ±32124 (µ-law) and ±32256 (A-law). */
const fullScale = 32_000;
/** A peak may touch full scale; a flat top stays there. */
const shortestRun = 3;

/** Counts the samples of a voice that lie on flat tops: its microphone or line was too loud. */
export class ClippingMeter {
  #run = 0;
  clippedSamples = 0;

  push(frame: Int16Array): void {
    let run = this.#run;
    for (const sample of frame) {
      if (sample < fullScale && sample > -fullScale) {
        run = 0;
        continue;
      }
      run++;
      if (run === shortestRun) this.clippedSamples += shortestRun;
      else if (run > shortestRun) this.clippedSamples++;
    }
    this.#run = run;
  }

  /** A frame was left out: runs end. */
  skip(): void {
    this.#run = 0;
  }
}

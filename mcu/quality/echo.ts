/** An echo that was found: how much quieter it comes back, and after how long. */
export interface EchoReturn {
  readonly lossDb: number;
  readonly delayMs: number;
}

const frameMs = 20;
const windowFrames = 200;
/** Nothing that went out comes back sooner than 60 ms: packets, two jitter buffers. */
const shortestLag = 3;
const longestLag = 25;
const heldFrames = windowFrames + longestLag;
/** Levels below this are silence, whatever they are. */
const floorDb = -65;
/**
 * What went out has to be there for an echo of it to be measured. Below this its level counts as this: the echo
 * of quiet sounds is under the floor, and their ups and downs would only blur the match.
 */
const activeDb = -45;
const leastActiveFrames = windowFrames / 5;
/** A steady tone matches itself at every delay: the level has to vary by so much (standard deviation, dB). */
const leastVariationDb = 4;
/** Two voices that have nothing to do with each other come to 0.65 in one of a thousand windows. */
const leastCorrelation = 0.75;
const lagTolerance = 2;
const mostLossDb = 45;
/** Louder than it went out: somebody's own voice, not an echo. */
const leastLossDb = -6;
/** At most this many samples of a frame are looked at. */
const samplesPerFrame = 80;

/**
 * Finds out whether one direction's sound comes back in the other, by the cross-correlation of their level
 * envelopes over windows of 4 s. Cheap: a level per frame and direction, some µs of arithmetic per window. An
 * echo counts when two of three windows in a row find it at the same delay.
 */
export class EchoFinder {
  readonly #out = new Float32Array(heldFrames);
  readonly #back = new Float32Array(heldFrames);
  readonly #backInOut = new Confirmed();
  readonly #outInBack = new Confirmed();
  #held = 0;

  /** The worst echo of what went out, in what comes back; null: none. */
  get ofOut(): EchoReturn | null {
    return this.#outInBack.worst;
  }
  /** The other way round. */
  get ofBack(): EchoReturn | null {
    return this.#backInOut.worst;
  }

  /** The levels of one frame in both directions, dBov. */
  push(outDb: number, backDb: number): void {
    this.#out[this.#held] = Math.max(floorDb, outDb);
    this.#back[this.#held] = Math.max(floorDb, backDb);
    if (++this.#held < heldFrames) return;
    this.#outInBack.add(findEcho(this.#out, this.#back));
    this.#backInOut.add(findEcho(this.#back, this.#out));
    this.#out.copyWithin(0, windowFrames);
    this.#back.copyWithin(0, windowFrames);
    this.#held = longestLag;
  }
}

/** Level of a frame in dBov (RFC 6464 §3: full scale is 0), from some of its samples. */
export function levelDbOf(frame: Int16Array): number {
  const step = Math.max(1, Math.floor(frame.length / samplesPerFrame));
  let power = 0;
  let count = 0;
  for (let i = 0; i < frame.length; i += step) {
    power += frame[i] * frame[i];
    count++;
  }
  return 10 * Math.log10(power / count / (32768 * 32768));
}

class Confirmed {
  /** Of the last two windows; −Infinity: none was found. */
  #last = -Infinity;
  #lastButOne = -Infinity;
  worst: EchoReturn | null = null;

  add(found: EchoReturn | null): void {
    const delayMs = found?.delayMs ?? -Infinity;
    const again = isNear(delayMs, this.#last) || isNear(delayMs, this.#lastButOne);
    if (found && again && found.lossDb < (this.worst?.lossDb ?? Infinity)) this.worst = found;
    this.#lastButOne = this.#last;
    this.#last = delayMs;
  }
}

function isNear(delayMs: number, otherMs: number): boolean {
  return Math.abs(delayMs - otherMs) <= lagTolerance * frameMs;
}

/** The best match of `source` in `copy`, delayed by one of the possible lags; null: none is good enough. */
function findEcho(source: Float32Array, copy: Float32Array): EchoReturn | null {
  let active = 0;
  for (const level of source) if (level > activeDb) active++;
  if (active < leastActiveFrames) return null;
  let best = leastCorrelation;
  let bestLag = 0;
  for (let lag = shortestLag; lag <= longestLag; lag++) {
    const found = correlation(source, copy, lag);
    if (found <= best) continue;
    best = found;
    bestLag = lag;
  }
  if (bestLag === 0) return null;
  const lossDb = lossAt(source, copy, bestLag);
  return lossDb < leastLossDb || lossDb > mostLossDb ? null : { lossDb, delayMs: bestLag * frameMs };
}

/** Pearson's correlation of the levels; 0 where one of them hardly varies. */
function correlation(source: Float32Array, copy: Float32Array, lag: number): number {
  let [sumX, sumY, sumXx, sumYy, sumXy] = [0, 0, 0, 0, 0];
  for (let i = longestLag; i < heldFrames; i++) {
    const x = Math.max(activeDb, source[i - lag]);
    const y = copy[i];
    sumX += x;
    sumY += y;
    sumXx += x * x;
    sumYy += y * y;
    sumXy += x * y;
  }
  const varianceX = sumXx / windowFrames - (sumX / windowFrames) ** 2;
  const varianceY = sumYy / windowFrames - (sumY / windowFrames) ** 2;
  if (varianceX < leastVariationDb ** 2 || varianceY < 1) return 0;
  const covariance = sumXy / windowFrames - (sumX / windowFrames) * (sumY / windowFrames);
  return covariance / Math.sqrt(varianceX * varianceY);
}

/** Mean level difference where the source was audible. */
function lossAt(source: Float32Array, copy: Float32Array, lag: number): number {
  let sum = 0;
  let count = 0;
  for (let i = longestLag; i < heldFrames; i++) {
    if (source[i - lag] <= activeDb) continue;
    sum += source[i - lag] - copy[i];
    count++;
  }
  return count === 0 ? Infinity : sum / count;
}

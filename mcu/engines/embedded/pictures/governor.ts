/** Frames a second, from the best down. */
const steps = [30, 20, 15, 10] as const;

const windowMs = 2000;
/** Fewer beats say nothing: a slow feed's window is longer. */
const leastBeats = 10;
/** Windows in a row without trouble before a higher rate is tried. */
const calmWindows = 3;
/** After a rate that did not hold: twice as many, up to a minute. */
const mostCalmWindows = 32;
/** More beats than this that came too late, or not at all, and the rate falls. */
const tolerated = 0.1;
/** A higher rate is tried when nearly all pictures would be done in this part of its interval. */
const roomNeeded = 0.7;

/**
 * How many frames a second this machine makes now. Told how long each beat's work took, it lowers the rate for all
 * before anything piles up, and raises it when there is room again.
 */
export class Governor {
  readonly #onChange: (fps: number, before: number) => void;
  #step = 0;
  #windowEndMs: number | null = null;
  #beats = 0;
  #late = 0;
  #tooLongForMore = 0;
  #calm = 0;
  #calmNeeded = calmWindows;
  #slowedDown = 0;
  /** The present rate was raised to, and has not proved to hold. */
  #onTrial = false;

  constructor(onChange: (fps: number, before: number) => void) {
    this.#onChange = onChange;
  }

  /** The most frames a second that are made. */
  get fps(): number {
    return steps[this.#step];
  }

  /** How often the rate was lowered. */
  get slowedDown(): number {
    return this.#slowedDown;
  }

  /** A beat's picture was encoded so long after it was due. */
  done(tookMs: number, nowMs: number): void {
    this.#beats++;
    if (tookMs > 1000 / this.fps) this.#late++;
    if (this.#step > 0 && tookMs > (roomNeeded * 1000) / steps[this.#step - 1]) this.#tooLongForMore++;
    this.#judge(nowMs);
  }

  /** So many beats found the one before still at work, or the process too busy to come. */
  missed(beats: number, nowMs: number): void {
    this.#beats += beats;
    this.#late += beats;
    this.#judge(nowMs);
  }

  #judge(nowMs: number): void {
    this.#windowEndMs ??= nowMs + windowMs;
    if (nowMs < this.#windowEndMs || this.#beats < leastBeats) return;
    const limit = this.#beats * tolerated;
    const trouble = this.#late > limit;
    const room = this.#tooLongForMore <= limit;
    this.#windowEndMs = nowMs + windowMs;
    this.#beats = this.#late = this.#tooLongForMore = 0;
    if (trouble) this.#lower();
    else if (this.#step > 0) this.#consider(room);
    else if (++this.#calm >= mostCalmWindows) this.#trust();
  }

  #lower(): void {
    this.#calm = 0;
    if (this.#step === steps.length - 1) return;
    // A moment's trouble, such as many who come at once, says nothing about the rate that was before it.
    if (this.#onTrial) this.#calmNeeded = Math.min(mostCalmWindows, this.#calmNeeded * 2);
    this.#onTrial = false;
    this.#slowedDown++;
    this.#move(1);
  }

  #consider(room: boolean): void {
    this.#calm = room ? this.#calm + 1 : 0;
    if (this.#calm < this.#calmNeeded) return;
    this.#calm = 0;
    this.#onTrial = true;
    this.#move(-1);
  }

  #trust(): void {
    this.#onTrial = false;
    this.#calmNeeded = calmWindows;
  }

  #move(by: 1 | -1): void {
    const before = this.fps;
    this.#step += by;
    this.#onChange(this.fps, before);
  }
}

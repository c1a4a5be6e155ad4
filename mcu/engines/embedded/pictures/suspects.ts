/** Deaths further apart than this have nothing to do with each other. */
const windowMs = 30_000;
/** When nobody was decoded at all of them, it takes so many until everybody is suspected. */
const mostDeaths = 3;
/** With whom the process lives for so long, they did not end it. */
const trialMs = 5000;
/** How long those stay out who did; doubled each time. */
const firstPauseMs = 60_000;
const longestPauseMs = 16 * 60_000;

export interface SuspectsHost {
  /** A camera is kept out from now on, or let in again. */
  readonly onChange: (camera: number, out: boolean) => void;
}

/**
 * Keeps cameras out whose frames end the picture process. Those are suspected that were in a decoder at two of its
 * deaths in a short time, or all when that tells nothing. They come back one by one: with whose return it dies
 * again, that one stays out, a minute at first, and then is tried again. All cameras are numbers.
 */
export class Suspects {
  readonly #host: SuspectsHost;
  #deaths: { readonly atMs: number; readonly atWork: readonly number[] }[] = [];
  /** Who is out, and when they are to be tried. */
  readonly #out = new Map<number, number>();
  /** How long those were out last who ended it for certain. */
  readonly #pauses = new Map<number, number>();
  #trial: number | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(host: SuspectsHost) {
    this.#host = host;
  }

  /** How many are out. */
  get size(): number {
    return this.#out.size;
  }

  has(camera: number): boolean {
    return this.#out.has(camera);
  }

  /**
   * The process crashed.
   * @param noted Whose frames were in a decoder; empty: nobody's, or it is not known.
   * @param decoded All whose frames it was sent.
   */
  died(noted: readonly number[], decoded: readonly number[]): void {
    const nowMs = performance.now();
    const atWork = decoded.filter((camera) => noted.includes(camera));
    const tried = this.#trial;
    this.#trial = null;
    if (tried !== null && (atWork.length === 0 || atWork.includes(tried))) this.#convict(tried, nowMs);
    else this.#suspect(atWork, decoded, nowMs);
    this.#plan();
  }

  /** It is closed. */
  forget(camera: number): void {
    this.#out.delete(camera);
    this.#pauses.delete(camera);
    if (this.#trial === camera) this.#trial = null;
    this.#plan();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#out.clear();
  }

  #suspect(atWork: readonly number[], decoded: readonly number[], nowMs: number): void {
    const before = this.#deaths.filter(({ atMs }) => nowMs - atMs < windowMs);
    const last = before.at(-1)?.atWork ?? [];
    const common = atWork.filter((camera) => last.includes(camera));
    if (common.length === 1) this.#convict(common[0], nowMs);
    else if (common.length > 1) this.#keepOut(common, nowMs + trialMs);
    else if (before.length + 1 >= mostDeaths) this.#keepOut(decoded, nowMs + trialMs);
    else this.#deaths = [...before, { atMs: nowMs, atWork }];
  }

  #convict(camera: number, nowMs: number): void {
    const before = this.#pauses.get(camera);
    const pauseMs = before === undefined ? firstPauseMs : Math.min(longestPauseMs, 2 * before);
    this.#pauses.set(camera, pauseMs);
    this.#keepOut([camera], nowMs + pauseMs);
  }

  #keepOut(cameras: readonly number[], untilMs: number): void {
    this.#deaths = [];
    for (const camera of cameras) {
      this.#out.set(camera, untilMs);
      this.#host.onChange(camera, true);
    }
  }

  /** One after the other. */
  #plan(): void {
    if (this.#trial !== null) return;
    clearTimeout(this.#timer);
    const [next] = [...this.#out].sort(([, a], [, b]) => a - b);
    if (!(next as typeof next | undefined)) return;
    const [camera, dueMs] = next;
    this.#timer = setTimeout(() => this.#try(camera), Math.max(1, dueMs - performance.now()));
  }

  #try(camera: number): void {
    this.#out.delete(camera);
    this.#trial = camera;
    this.#host.onChange(camera, false);
    this.#timer = setTimeout(() => {
      this.#trial = null;
      this.#plan();
    }, trialMs);
  }
}

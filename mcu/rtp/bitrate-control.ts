/** Less would be no picture any more. */
const leastBitrate = 64_000;
const tooMuchLoss = 10;
const littleLoss = 2;
/** Of fewer packets, as of a picture in which nothing moves, one that is lost says nothing about the way's width. */
const tellingPackets = 30;
const stepDown = 0.75;
const stepUp = 1.2;
/** Reports of one loss must not lower the rate twice: what was sent at the old rate is still on its way. */
const downPauseMs = 2000;
/** How long little must be lost before more is tried; longer each time when that was too much. */
const calmMs = { first: 10_000, most: 80_000 };

/**
 * What the way to a peer carries of a stream: less when the peer reports loss, more again when it doesn't, never more
 * than it asked for (RFC 5104 §4.2). Bits per second; `Infinity`: nothing limits it.
 */
export class BitrateControl {
  readonly #now: () => number;
  readonly #onLimit: (bitrate: number) => void;
  /** What the stream has when nothing limits it. */
  #full = Infinity;
  #byLoss = Infinity;
  #byPeer = Infinity;
  #told = Infinity;
  #calmSinceMs = 0;
  #calmMs = calmMs.first;
  #downMs = -Infinity;
  #upMs = -Infinity;

  constructor(now: () => number, onLimit: (bitrate: number) => void) {
    this.#now = now;
    this.#onLimit = onLimit;
  }

  /** What the stream may have at most. */
  configure(full: number): void {
    this.#full = full;
    if (this.#byLoss >= full) this.#byLoss = Infinity;
    this.#tell();
  }

  /** The peer's report: what it missed since its last one, in percent, of how many packets. */
  reported(lossPercent: number, packets: number): void {
    const nowMs = this.#now();
    if (lossPercent >= littleLoss) this.#calmSinceMs = nowMs;
    if (lossPercent > tooMuchLoss && packets >= tellingPackets) {
      if (nowMs - this.#downMs >= downPauseMs) this.#down(nowMs);
    } else if (this.#byLoss !== Infinity && nowMs - this.#calmSinceMs >= this.#calmMs) this.#up(nowMs);
  }

  /** The peer's limit. */
  limitedTo(bitrate: number): void {
    this.#byPeer = bitrate;
    this.#tell();
  }

  #down(nowMs: number): void {
    // Lost as soon as more was tried: the next try can wait.
    const tried = nowMs - this.#upMs < calmMs.first;
    this.#calmMs = tried ? Math.min(calmMs.most, this.#calmMs * 2) : calmMs.first;
    this.#downMs = this.#calmSinceMs = nowMs;
    const present = Math.min(this.#byLoss, this.#byPeer, this.#full);
    this.#byLoss = Math.max(leastBitrate, present * stepDown);
    this.#tell();
  }

  #up(nowMs: number): void {
    this.#upMs = this.#calmSinceMs = nowMs;
    const next = this.#byLoss * stepUp;
    this.#byLoss = next >= this.#full ? Infinity : next;
    this.#tell();
  }

  #tell(): void {
    const limit = Math.round(Math.min(this.#byLoss, this.#byPeer));
    if (limit === this.#told) return;
    this.#told = limit;
    this.#onLimit(limit);
  }
}

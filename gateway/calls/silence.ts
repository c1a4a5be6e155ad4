import type { Leg, MediaLeg } from '../ports.ts';

/**
 * Silence alone ends no call: people mute, hold and listen. When a caller's device sends neither RTP nor RTCP
 * it is asked for a sign of life, again and again while the silence lasts; only a device that answers
 * nothing any more is gone.
 */
export class SilenceWatch {
  readonly #leg: Leg;
  readonly #media: MediaLeg;
  readonly #everyMs: number;
  readonly #onGone: () => void;
  #timer: NodeJS.Timeout | null = null;
  #asking = false;
  #closed = false;

  constructor(leg: Leg, media: MediaLeg, everyMs: number, onGone: () => void) {
    this.#leg = leg;
    this.#media = media;
    this.#everyMs = everyMs;
    this.#onGone = onGone;
  }

  /** The media node noticed silence. */
  begin(): void {
    if (this.#asking || this.#closed) return;
    this.#asking = true;
    void this.#ask(null);
  }

  close(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  async #ask(packetsBefore: number | null): Promise<void> {
    const alive = await this.#leg.isAlive().catch(() => false);
    if (this.#closed) return;
    if (!alive) {
      this.#onGone();
      return;
    }
    const stats = await this.#media.stats().catch(() => null);
    const packets = stats?.packetsReceived ?? 0;
    // Packets flow again (a media node that was started again counts from zero): it says when the next silence
    // begins.
    if (packetsBefore !== null && packets !== packetsBefore) this.#asking = false;
    else if (!this.#isClosed()) this.#timer = setTimeout(() => void this.#ask(packets), this.#everyMs);
  }

  #isClosed(): boolean {
    return this.#closed;
  }
}

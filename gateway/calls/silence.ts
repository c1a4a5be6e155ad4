import type { Leg } from '../ports.ts';

/**
 * Silence alone ends no call: people mute, hold and listen. When a caller's device sends neither RTP nor RTCP
 * it is asked for a sign of life, again and again while the silence lasts; only a device that answers
 * nothing any more is gone.
 */
export class SilenceWatch {
  readonly #leg: Pick<Leg, 'isAlive'>;
  readonly #everyMs: number;
  readonly #onGone: () => void;
  /** The silence that lasts; an answer to a question from before counts no more. */
  #silence: { timer: NodeJS.Timeout | undefined } | null = null;
  #closed = false;

  constructor(leg: Pick<Leg, 'isAlive'>, everyMs: number, onGone: () => void) {
    this.#leg = leg;
    this.#everyMs = everyMs;
    this.#onGone = onGone;
  }

  /** The media node noticed silence. */
  begin(): void {
    if (this.#silence || this.#closed) return;
    this.#silence = { timer: undefined };
    void this.#ask(this.#silence);
  }

  /** The media node hears the device again, be it by RTCP only. */
  end(): void {
    clearTimeout(this.#silence?.timer);
    this.#silence = null;
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.end();
  }

  async #ask(silence: { timer: NodeJS.Timeout | undefined }): Promise<void> {
    const alive = await this.#leg.isAlive().catch(() => false);
    if (this.#silence !== silence) return;
    if (alive) silence.timer = setTimeout(() => void this.#ask(silence), this.#everyMs);
    else this.#onGone();
  }
}

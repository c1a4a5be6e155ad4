import type { Leg, Log, OwnPicture } from '../ports.ts';
import type { Voice } from '../prompts/prompts.ts';
import type { EndReason } from '../reasons.ts';
import { endReasonOf } from '../errors.ts';
import type { CallDeps } from './call-deps.ts';
import { CallMedia } from './call-media.ts';
import type { CallEvent } from './types.ts';

export interface CallerSideOptions {
  readonly leg: Leg;
  readonly deps: Pick<CallDeps, 'prompts' | 'silenceSeconds' | 'clock'>;
  readonly log: Log;
  /** As they are when the media opens. */
  readonly voice: () => Voice;
  readonly ownPicture: () => OwnPicture;
  /** Aborted when the call is over. */
  readonly over: AbortSignal;
  readonly happened: (event: CallEvent) => void;
  /** The caller can't be answered, or its media does not do what it is told. */
  readonly failed: (error: unknown, sentence: string, reason: EndReason, words: null) => void;
}

/** A call's side towards its caller: rings, lets hear what comes before the answer, answers. */
export class CallerSide {
  readonly #options: CallerSideOptions;
  #ringing: Promise<void> | null = null;
  #media: CallMedia | null = null;

  constructor(options: CallerSideOptions) {
    this.#options = options;
  }

  /** Null: the caller hears nothing yet. */
  get media(): CallMedia | null {
    return this.#media;
  }

  /** Nobody is called for somebody who can't be answered. */
  canBeAnswered(): boolean {
    try {
      if (!this.#media) this.#options.leg.check();
      return true;
    } catch (error) {
      this.#notAnswered(error);
      return false;
    }
  }

  ring(): void {
    this.#ring().catch((error: unknown) => this.#notAnswered(error));
  }

  /** A device that plays nothing before its answer rings instead. */
  async hearEarly(): Promise<void> {
    const { leg, over, happened } = this.#options;
    try {
      const media = await leg.hearEarly();
      if (over.aborted) return;
      if (media === null) {
        await this.#ring();
        return;
      }
      this.#media ??= this.#open(media);
      this.#media.listen();
      happened({ type: 'hears-early' });
    } catch (error) {
      this.#notAnswered(error);
    }
  }

  /** @param answered runs when it is, before the call's state hears of it */
  async answer(answered: () => void): Promise<void> {
    const { leg, over, happened } = this.#options;
    try {
      // Who hears what comes before the answer has been told of it.
      if (!this.#media) await this.#ring();
      const media = await leg.answer();
      if (over.aborted) return;
      this.#media ??= this.#open(media);
      answered();
      happened({ type: 'answered' });
      // Only now: digits that were typed ahead count for what the caller is asked first.
      this.#media.listen();
    } catch (error) {
      this.#notAnswered(error);
    }
  }

  #ring(): Promise<void> {
    return (this.#ringing ??= this.#options.leg.ring());
  }

  #open(media: CallMedia['media']): CallMedia {
    const { leg, deps, log, voice, ownPicture, happened, failed } = this.#options;
    const { prompts, silenceSeconds, clock } = deps;
    return new CallMedia({
      ...{ leg, media, prompts, silenceSeconds, clock, log, happened },
      ...{ voice: voice(), ownPicture: ownPicture() },
      failed: (error) => failed(error, 'media command failed', 'media-lost', null),
    });
  }

  #notAnswered(error: unknown): void {
    this.#options.failed(error, 'call not answered', endReasonOf(error), null);
  }
}

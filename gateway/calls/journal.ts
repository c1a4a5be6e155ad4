import type { Resolution } from '../../dialplans/types.ts';
import type { Clock, IvrStep, Leg, LegStats, LiveCall } from '../ports.ts';
import { liveOf } from './report.ts';
import type { CallSnapshot } from './report.ts';

/** A caller who is led round in circles leaves no endless record. */
const mostSteps = 100;

export interface JournalOptions {
  readonly leg: Leg;
  readonly clock: Clock;
  readonly resolution: () => Resolution;
  readonly place: { readonly room: string | null; readonly identity: string | null };
  /** What would have to be ended, should this gateway die. */
  readonly onChanged: (call: LiveCall) => void;
}

/** What is to be known of a call: its times, what its caller heard and chose, where it is. */
export class Journal {
  readonly #options: JournalOptions;
  readonly #startedAt: string;
  readonly #steps: IvrStep[] = [];
  #answeredAt: string | null = null;
  /** What `onChanged` was last told. */
  #told = '';

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#startedAt = this.now();
  }

  now(): string {
    return new Date(this.#options.clock.nowMs()).toISOString();
  }

  /** Idempotent. */
  answered(): void {
    this.#answeredAt ??= this.now();
  }

  add(step: Omit<IvrStep, 'at'>): void {
    if (this.#steps.length < mostSteps) this.#steps.push({ at: this.now(), ...step });
  }

  /** Tells whoever would have to end it, when that is something new. */
  tell(): void {
    const call = liveOf(this.snapshot(null), this.#options.leg.dialog);
    const told = JSON.stringify([call.dialog, call.room, call.participant]);
    if (told === this.#told) return;
    this.#told = told;
    this.#options.onChanged(call);
  }

  snapshot(media: LegStats | null): CallSnapshot {
    const { leg, resolution, place } = this.#options;
    return {
      id: leg.id,
      facts: leg.facts,
      resolution: resolution(),
      startedAt: this.#startedAt,
      answeredAt: this.#answeredAt,
      room: place.room,
      participant: place.identity,
      noVideo: leg.noVideo,
      media,
      steps: this.#steps,
    };
  }
}

import type { Resolution } from '../../dialplans/types.ts';
import type { CallView } from '../ports.ts';
import type { EndReason } from '../reasons.ts';
import { Bridge } from './bridge.ts';
import type { BridgeOptions } from './bridge.ts';
import type { Effect } from './types.ts';

export type OtherSideEffect = Extract<Effect, { readonly do: 'bridge' | 'press' | 'hang-up' }>;

export interface OtherSideOptions extends Omit<BridgeOptions, 'action' | 'resolution'> {
  /** As it is when somebody is called. */
  readonly resolution: () => Resolution;
}

/** A call's other side: whoever is called for it last. A plan may try several, one after the other. */
export class OtherSide {
  readonly #options: OtherSideOptions;
  #bridge: Bridge | null = null;

  constructor(options: OtherSideOptions) {
    this.#options = options;
  }

  /** Id of its leg; null: nobody is called. */
  get id(): string | null {
    return this.#bridge?.id ?? null;
  }

  /** By which the caller's media finds it; null: nobody is called. */
  get meetingPoint(): string | null {
    return this.#bridge?.meetingPoint ?? null;
  }

  do(effect: OtherSideEffect): void {
    switch (effect.do) {
      case 'bridge':
        this.#bridge = new Bridge({
          ...this.#options,
          action: effect.action,
          resolution: this.#options.resolution(),
        });
        void this.#bridge.call();
        return;
      case 'press':
        this.#bridge?.press(effect.key);
        return;
      case 'hang-up':
        void this.end(effect.reason);
        return;
    }
  }

  /** Null: nobody is there. */
  view(): Promise<CallView | null> {
    return this.#bridge?.view() ?? Promise.resolve(null);
  }

  /** Idempotent. */
  async end(reason: EndReason): Promise<void> {
    await this.#bridge?.end(reason);
  }
}

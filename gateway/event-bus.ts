import { messageOf } from './errors.ts';
import type { EventType } from './event-types.ts';
import { newEvent } from './events.ts';
import type { Clock, EventData, Events, GatewayEvent, Log } from './ports.ts';

type Listener = (event: GatewayEvent) => void;

/** Brings events to whoever listens. A listener that fails is its own trouble. */
export class EventBus implements Events {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #listeners = new Set<Listener>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Returns how to stop. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit<T extends EventType>(type: T, tenant: string, data: EventData<T>): void {
    const event = newEvent(type, tenant, this.#clock.nowMs(), data);
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#log.error({ type, cause: messageOf(error) }, 'event not taken');
      }
    }
  }
}

import { Counter, Gauge, type Registry } from 'prom-client';
import type { GuessView, WebhookStatus } from '../ports.ts';

/** Who is slowed or blocked for wrong PINs. */
export function watchGuesses(registry: Registry, list: () => readonly GuessView[]): void {
  new Gauge({
    name: 'gateway_pin_sources',
    help: 'Calling numbers and addresses that are slowed or blocked for wrong PINs',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const all = list();
      for (const state of ['slowed', 'blocked'] as const)
        this.set({ state }, all.filter((one) => one.state === state).length);
    },
  });
}

/** How webhooks go. */
export function watchWebhooks(registry: Registry, status: () => WebhookStatus): void {
  new Counter({
    name: 'gateway_webhook_attempts_total',
    help: 'Attempts to deliver an event to a webhook, by outcome',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      this.reset();
      const { delivered, failed } = status();
      this.inc({ outcome: 'delivered' }, delivered);
      this.inc({ outcome: 'failed' }, failed);
    },
  });
  new Gauge({
    name: 'gateway_webhook_events_unwritten',
    help: 'Events for webhooks that wait for the database',
    registers: [registry],
    collect() {
      this.set(status().unwritten);
    },
  });
  new Counter({
    name: 'gateway_webhook_events_lost_total',
    help: 'Events for webhooks that could not be kept',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(status().lost);
    },
  });
}

import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';

/** What the embedded edge has counted, by name; null: it can't say now. */
export type AskSipCounters = () => Promise<Readonly<Record<string, number>> | null>;

/** Of the edge's counters those that go up and down. */
const levels: ReadonlySet<string> = new Set([
  'connections',
  'dialogs',
  'clientTransactions',
  'serverTransactions',
]);

/** Asked for at each scrape; names are those of the edge (`TransportCounters`, `EdgeCounters`) in snake case. */
export function watchSipCounters(registry: Registry, ask: AskSipCounters): void {
  new Counter({
    name: 'gateway_sip_events_total',
    help: 'What the embedded SIP edge has counted since its start, by event',
    labelNames: ['event'],
    registers: [registry],
    async collect() {
      const counters = await ask();
      if (counters === null) return;
      this.reset();
      for (const [name, value] of Object.entries(counters))
        if (!levels.has(name)) this.inc({ event: snakeCase(name) }, value);
    },
  });
  new Gauge({
    name: 'gateway_sip_live',
    help: 'What the embedded SIP edge has now: connections, dialogs, transactions',
    labelNames: ['what'],
    registers: [registry],
    async collect() {
      const counters = await ask();
      this.reset();
      for (const [name, value] of Object.entries(counters ?? {}))
        if (levels.has(name)) this.set({ what: snakeCase(name) }, value);
    },
  });
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

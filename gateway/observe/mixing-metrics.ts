import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { MixingServerStatus } from '../ports.ts';

type Fact = (server: MixingServerStatus) => number | null;

const gauges: readonly (readonly [name: string, help: string, fact: Fact])[] = [
  ['up', '1: the FreeSWITCH mixes, 0: it is not there', ({ state }) => (state === 'up' ? 1 : 0)],
  ['draining', '1: it takes no new rooms', ({ draining }) => (draining ? 1 : 0)],
  ['rooms', 'Rooms that it mixes for this gateway', ({ rooms }) => rooms],
  [
    'endpoints',
    'Its channels of this gateway: callers, participants, transcoders',
    ({ endpoints }) => endpoints,
  ],
  ['channels', 'All its channels, whosever', ({ channels }) => channels],
  ['idle_cpu_percent', 'CPU that it has left, as it says', ({ idleCpuPercent }) => idleCpuPercent],
];

/** Asked for at each scrape. */
export function watchMixing(registry: Registry, list: () => readonly MixingServerStatus[]): void {
  for (const [name, help, fact] of gauges)
    new Gauge({
      name: `gateway_mixer_${name}`,
      help,
      labelNames: ['server'],
      registers: [registry],
      collect() {
        this.reset();
        for (const server of list()) {
          const value = fact(server);
          if (value !== null) this.set({ server: server.name }, value);
        }
      },
    });
  new Counter({
    name: 'gateway_mixer_losses_total',
    help: 'How often a FreeSWITCH was lost, by cause',
    labelNames: ['server', 'cause'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { name, losses, hangs } of list()) {
        this.inc({ server: name, cause: 'gone' }, losses - hangs);
        this.inc({ server: name, cause: 'hung' }, hangs);
      }
    },
  });
}

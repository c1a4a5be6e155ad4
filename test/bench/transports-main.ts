/**
 * What each SIP transport, a TLS handshake and a DTLS handshake cost: set-ups by transport against the SIP edge alone
 * and against the gateway with rooms. Prints tables and writes `report/bench/transports.json`. See docs/benchmarks.md.
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { round } from './numbers.ts';
import { closeAll, onClose, runBench, say } from './program.ts';
import { edgeSetups, intoRooms, tlsHandshakes } from './transport-parts.ts';
import type { Surroundings } from './transport-parts.ts';
import { transportTables } from './transports-report.ts';
import type { TransportsResult } from './transports-report.ts';

const usage = `npm run bench:transports -- [options]
  --rates 25,50,100      set-ups per second with the SIP edge alone, one stage each
  --parts edge,tls,rooms  what is measured
  --edge-pid <n>          process of the drachtio-server that DRACHTIO_HOST names; part edge is run with that one`;

/** Whatever hangs, nothing of it outlives this. */
const longestMs = 4 * 60_000;
const allParts = ['edge', 'tls', 'rooms'] as const;

interface Options {
  readonly rates: readonly number[];
  readonly parts: ReadonlySet<string>;
  readonly edgePid: number | null;
}

const surroundings: Surroundings = { onClose, say };

/** Throws with what is wrong. */
function parseOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      rates: { type: 'string', default: '25,50,100' },
      parts: { type: 'string', default: allParts.join(',') },
      'edge-pid': { type: 'string' },
    },
  });
  const rates = values.rates.split(',').map(Number);
  if (!rates.every((rate) => Number.isInteger(rate) && rate > 0 && rate <= 1000))
    throw new Error('--rates are whole numbers from 1 to 1000');
  const parts = new Set(values.parts.split(','));
  for (const part of parts)
    if (!allParts.some((known) => known === part)) throw new Error('--parts are of edge, tls, rooms');
  return { rates, parts, edgePid: values['edge-pid'] === undefined ? null : Number(values['edge-pid']) };
}

async function run({ rates, parts, edgePid }: Options): Promise<TransportsResult> {
  const loadBefore = loadavg()[0];
  const none = { handshakes: {}, openssl: {}, signatures: {}, rooms: {}, media: {}, dtlsCpuMs: null };
  say('measuring; about three minutes …');
  const setups = parts.has('edge') ? await edgeSetups(surroundings, rates, edgePid) : {};
  await closeAll();
  const tls = parts.has('tls') ? await tlsHandshakes(surroundings) : {};
  await closeAll();
  const rooms = parts.has('rooms') ? await intoRooms(surroundings) : {};
  const machine = {
    date: new Date().toISOString(),
    cpu: cpus()[0].model,
    cores: cpus().length,
    node: process.version,
    openssl: process.versions.openssl,
    load: `${round(loadBefore, 1)} to ${round(loadavg()[0], 1)}`,
  };
  return { machine, setups, ...none, ...tls, ...rooms };
}

await runBench({
  usage,
  file: 'transports.json',
  parse: parseOptions,
  longestMs: () => longestMs,
  run,
  show: (result) => [Object.values(result.machine).join(', '), transportTables(result)],
});

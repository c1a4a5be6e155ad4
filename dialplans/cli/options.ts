import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import { noTrunk } from '../facts.ts';
import { knownNames } from '../nearest.ts';
import type { Plan } from '../plan.ts';
import { toAddress } from '../tests.ts';
import { epochOf } from '../time.ts';
import { triedTrunk } from '../trunks.ts';
import { verstats, type CallInput } from '../types.ts';

/** What was typed can’t be understood; the message says why. */
export class UsageError extends Error {}

const options = {
  plans: { type: 'string', short: 'p' },
  prompts: { type: 'string' },
  from: { type: 'string', short: 'f' },
  trunk: { type: 'string', short: 't' },
  transport: { type: 'string' },
  source: { type: 'string', short: 's' },
  registered: { type: 'boolean' },
  verstat: { type: 'string' },
  header: { type: 'string', short: 'H', multiple: true },
  language: { type: 'string', short: 'l' },
  at: { type: 'string' },
  json: { type: 'boolean' },
  check: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

export type Options = ReturnType<typeof parseOptions>['values'];

export function parseOptions(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** The call that the options describe, to be tried with this plan. */
export function callOf(called: string, given: Options, plan: Plan, nowMs: number): CallInput {
  if (called.trim() === '') throw new UsageError('which number is called?');
  const transport = oneOf('transport', given.transport ?? 'udp', transports);
  const { source = null, trunk } = given;
  if (source !== null && isIP(source) === 0) {
    throw new UsageError(`--source ${source} is no IP address; write 192.0.2.1`);
  }
  const names = plan.trunks.map(({ name }) => name);
  if (trunk !== undefined && trunk !== noTrunk && !names.includes(trunk)) {
    throw new UsageError(`there is no trunk "${trunk}" in the plan. ${knownNames(trunk, names)}`);
  }
  return {
    protocol: 'sip',
    transport,
    trunk: triedTrunk(plan.trunkIndex, { trunk, source, transport }),
    called: toAddress(called),
    calling: toAddress(given.from ?? 'anonymous'),
    source,
    registered: given.registered ?? false,
    verstat: oneOf('verstat', given.verstat ?? 'none', verstats),
    headers: Object.fromEntries((given.header ?? []).map(headerOf)),
    language: given.language ?? null,
    at: given.at === undefined ? nowMs : momentOf(given.at, plan),
  };
}

const transports = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const;

function oneOf<T extends string>(option: string, text: string, words: readonly T[]): T {
  const found = words.find((one) => one === text);
  if (found === undefined) throw new UsageError(`--${option} is one of: ${words.join(', ')}`);
  return found;
}

/** Without an offset on the clock of the plan’s tenant, as in tests. */
function momentOf(text: string, plan: Plan): number {
  const zone = plan.tenants.get(plan.tenant)?.timeZone ?? 'UTC';
  const withOffset = /T.*(?:Z|[+-]\d\d:?\d\d)$/.test(text);
  const at = withOffset ? Date.parse(text) : epochOf(text.includes('T') ? text : `${text}T12:00`, zone);
  if (at !== null && !Number.isNaN(at)) return at;
  throw new UsageError(
    `--at ${text} is no time of ${zone}; write 2026-11-30T10:00 or 2026-11-30T10:00+01:00`,
  );
}

function headerOf(text: string): [name: string, value: string] {
  const colon = text.indexOf(':');
  if (colon < 1) throw new UsageError(`--header ${text} has no colon; write 'X-Customer: gold'`);
  return [text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim()];
}

export const usage = `Dial plans: what they say, and where calls go.

  npm run dialplan -- check [PLANS]            looks for mistakes and runs the plans' tests
  npm run dialplan -- resolve CALLED           where a call goes
  npm run dialplan -- explain CALLED           and why: each rule, each condition
  npm run dialplan -- diff OLD NEW             what changes, rule by rule, and as a patch
  npm run dialplan -- fmt [--check] [FILES]    lays plans out alike; comments stay
  npm run dialplan -- schema                   the JSON Schema for editors

PLANS, OLD, NEW: a folder or a file, or - for a plan on standard input. Paths begin at the gateway's folder.
  -p, --plans PATH      for resolve and explain; dialplans/plans if left out
      --prompts PATH    folder of the prompts; those that ship if left out
  -f, --from NUMBER     who calls           -t, --trunk NAME       by which trunk; the one of SOURCE if left out
  -s, --source ADDRESS  from which address      --transport udp|tcp|tls|ws|wss
  -H, --header 'N: V'   a header field      -l, --language TAG     of Accept-Language
      --registered      by a registered device  --verstat passed|failed|none
      --at TIME         2026-11-30T10:00, on the clock of the plan's tenant, or 2026-11-30T10:00+01:00;
                        now if left out
      --json            for programs: the answer, or { "problems": [...] }, on standard output

Ends with 0: in order; 1: mistakes, differences, or a layout that is otherwise; 2: asked wrongly.
`;

/** After what is wrong, which a whole page would hide. */
export const usageHint = 'npm run dialplan -- --help says how it is asked.\n';

import { parseArgs } from 'node:util';
import { toAddress } from '../tests.ts';
import { verstats, type CallInput, type Verstat } from '../types.ts';

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

/** The call that the options describe. */
export function callOf(called: string, given: Options, nowMs: number): CallInput {
  const at = given.at === undefined ? nowMs : Date.parse(given.at);
  if (Number.isNaN(at))
    throw new UsageError(`--at ${given.at ?? ''} is no time; write 2026-11-30T10:00+01:00`);
  return {
    protocol: 'sip',
    transport: given.transport ?? 'udp',
    trunk: given.trunk ?? null,
    called: toAddress(called),
    calling: toAddress(given.from ?? 'anonymous'),
    source: given.source ?? null,
    registered: given.registered ?? false,
    verstat: verstatOf(given.verstat ?? 'none'),
    headers: Object.fromEntries((given.header ?? []).map(headerOf)),
    language: given.language ?? null,
    at,
  };
}

function verstatOf(text: string): Verstat {
  const found = verstats.find((one) => one === text);
  if (found === undefined) throw new UsageError(`--verstat is one of: ${verstats.join(', ')}`);
  return found;
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

PLANS, OLD, NEW: a folder or a file. Paths begin at the gateway's folder.
  -p, --plans PATH      for resolve and explain; dialplans/plans if left out
      --prompts PATH    folder of the prompts; those that ship if left out
  -f, --from NUMBER     who calls           -t, --trunk NAME       by which trunk
  -s, --source ADDRESS  from which address      --transport udp|tcp|tls|ws|wss
  -H, --header 'N: V'   a header field      -l, --language TAG     of Accept-Language
      --registered      by a registered device  --verstat passed|failed|none
      --at TIME         2026-11-30T10:00+01:00; now if left out
      --json            for programs

Ends with 0: in order; 1: mistakes, differences, or a layout that is otherwise; 2: asked wrongly.
`;

import { addressValue } from './blocks.ts';
import { noTrunk } from './facts.ts';
import { didYouMean, knownNames } from './nearest.ts';
import { explain, explainBriefly } from './resolve.ts';
import type { Plan, PlanTest } from './plan.ts';
import type { TestSource } from './schema/test.ts';
import { epochOf } from './time.ts';
import { triedTrunk } from './trunks.ts';
import type { Address, CallInput, Resolution } from './types.ts';

/** What became of a plan's own test. */
export interface TestResult {
  readonly name: string;
  readonly passed: boolean;
  /** What came out otherwise, and why; empty: it passed. */
  readonly failures: readonly {
    /** Below `call` or `expect` of the test. */
    readonly path: readonly string[];
    readonly message: string;
    readonly remedy: string;
  }[];
}

/** A test that does not say when it is must not depend on it: a Wednesday noon in UTC. */
const usualTime = '2026-01-07T12:00';

export function runTests(plan: Plan): readonly TestResult[] {
  return plan.tests.map((test) => {
    const failures = failuresOf(plan, test);
    return { name: test.source.name, passed: failures.length === 0, failures };
  });
}

function failuresOf(plan: Plan, { source, zone }: PlanTest): TestResult['failures'] {
  const { call, expect } = source;
  const at = epochOf(call.at ?? usualTime, zone);
  if (at === null) {
    const remedy = 'Write a day and a time that there are; summer time leaves an hour out when it begins.';
    return [{ path: ['call', 'at'], message: `no clock of ${zone} shows ${call.at ?? usualTime}`, remedy }];
  }
  const wrong = callProblem(plan, call);
  if (wrong !== null) return [wrong];
  const resolution = explainBriefly(plan, callOf(plan, call, at));
  const timed = resolution.trace.steps.find(
    ({ conditions = [] }) => conditions.some(({ field }) => field === 'time') && !missedOtherwise(conditions),
  );
  if (call.at === undefined && timed !== undefined) {
    const message = `the rule "${timed.rule}" asks for the time, and the test does not say when the call comes`;
    return [{ path: ['call'], message, remedy: 'Add at: 2026-11-30T10:00, or the like.' }];
  }
  const came = new Map(Object.entries(outcome(resolution)));
  return Object.entries(expect).flatMap(([key, wanted]) => {
    const got = came.get(key) ?? null;
    if (got === String(wanted)) return [];
    const why = reason(explain(plan, callOf(plan, call, at)), expect.rule);
    const message = `${key} is ${got === null ? 'not there' : `"${got}"`} instead of "${wanted}": ${why}`;
    return [{ path: ['expect', key], message, remedy: remedyFor(plan, key, String(wanted)) }];
  });
}

function remedyFor({ rules }: Plan, key: string, wanted: string): string {
  const names = rules.map(({ name }) => name);
  if (key !== 'rule' || names.includes(wanted)) return 'Change the rules, or what the test expects.';
  return `There is no rule "${wanted}". ${didYouMean(wanted, names)}`.trim();
}

/** What a test’s call names that there is not. */
function callProblem(
  plan: Plan,
  { trunk, source }: TestSource['call'],
): TestResult['failures'][number] | null {
  if (trunk !== undefined && trunk !== noTrunk && !plan.trunks.some(({ name }) => name === trunk)) {
    const remedy = `${knownNames(
      trunk,
      plan.trunks.map(({ name }) => name),
    )} Left out, the trunk is the one of "source".`;
    return { path: ['call', 'trunk'], message: `there is no trunk "${trunk}"`, remedy };
  }
  if (source === undefined || addressValue(source) !== null) return null;
  const remedy = 'Write an address such as 192.0.2.1.';
  return { path: ['call', 'source'], message: `"${source}" is no IP address`, remedy };
}

/** Another condition than the time has missed, so that the time made no difference. */
function missedOtherwise(conditions: readonly { field: string; held: boolean }[]): boolean {
  return conditions.some(({ field, held }) => field !== 'time' && !held);
}

/** What a test can name, of the decision and of its action. */
function outcome({ route }: Resolution): Readonly<Record<string, string>> {
  const { action, rule, tenant, language, called, calling } = route;
  const kind = action.kind === 'reject' && action.why === 'no-route' ? 'no-route' : action.kind;
  const own = Object.entries(action).filter(
    ([, value]) => typeof value === 'string' || typeof value === 'number',
  );
  return Object.fromEntries(
    Object.entries({
      ...Object.fromEntries(own),
      action: kind,
      rule,
      tenant,
      language,
      called: called.user,
      calling: calling.user,
    })
      .filter(([, value]) => value !== null)
      .map(([key, value]) => [key, String(value)]),
  );
}

function reason({ route, trace }: Resolution, expected: string | undefined): string {
  const step = trace.steps.find(({ rule, matched }) => rule === expected && !matched);
  const decided = route.rule === null ? 'no rule matches' : `the rule "${route.rule}" decides`;
  return step === undefined ? decided : `${decided}; "${step.rule}" misses, as ${step.missed ?? ''}`;
}

/** The call that a test describes; null: at a time that there is not. */
export function testCall(plan: Plan, { source: { call }, zone }: PlanTest): CallInput | null {
  const at = epochOf(call.at ?? usualTime, zone);
  return at === null ? null : callOf(plan, call, at);
}

/** The call that a test describes, `at` that moment. */
function callOf(plan: Plan, call: TestSource['call'], at: number): CallInput {
  const { source = null, transport = 'udp' } = call;
  const headers = Object.entries(call.headers ?? {}).map(([name, text]) => [name.toLowerCase(), text]);
  return {
    protocol: call.protocol ?? 'sip',
    transport,
    trunk: triedTrunk(plan.trunkIndex, { trunk: call.trunk, source, transport }),
    called: toAddress(call.called),
    calling: toAddress(call.calling ?? 'anonymous'),
    source,
    registered: call.registered ?? false,
    verstat: call.verstat ?? 'none',
    headers: Object.fromEntries(headers) as Record<string, string>,
    language: call.language ?? null,
    at,
  };
}

/** `1000` and `sip:1000@host;user=phone` alike, as an edge would hand them on (no parameters). */
export function toAddress(text: string): Address {
  const bare =
    text
      .trim()
      .replace(/^sips?:/i, '')
      .split(/[;?]/, 1)[0] ?? '';
  const at = bare.lastIndexOf('@');
  const user = at < 0 ? bare : bare.slice(0, at);
  return { user, uri: `sip:${user}@${at < 0 ? 'localhost' : bare.slice(at + 1)}` };
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPlan } from '../../dialplans/check.ts';
import type { PlanProblem } from '../../dialplans/errors.ts';
import type { Plan } from '../../dialplans/plan.ts';
import { compileRegex } from '../../dialplans/regex.ts';
import { literalPrefixes, requiredText } from '../../dialplans/regex-literals.ts';
import { explain, maxMisses, resolve } from '../../dialplans/resolve.ts';
import { implies } from '../../dialplans/implies.ts';
import type { CallInput } from '../../dialplans/types.ts';
import { callTo } from '../support/dial-plan.ts';
import {
  modelDecides,
  modelMatches,
  type ModelMatch,
  type ModelRule,
  type ModelText,
} from '../support/plan-model.ts';

/** Few letters, so that texts meet. */
const word = fc.string({ unit: fc.constantFrom('1', '2', 'a', 'A', 's'), minLength: 1, maxLength: 3 });
const numbers = ['+4930901820', '004930901820', '4930901820', '+49-30 901820', '030901820'];
const user = fc.oneof({ weight: 5, arbitrary: word }, { weight: 1, arbitrary: fc.constantFrom(...numbers) });
/** What a plan may write: a number with blanks in it would be refused. */
const written = user.filter((one) => !one.includes(' '));

const regex = fc.oneof(
  word.map((text) => `${text}[12]*`),
  word.map((text) => `(?:${text})+`),
  word.map((text) => `(?i)${text}.?`),
  fc.tuple(word, word).map(([a, b]) => `${a}|${b}`),
  fc.tuple(word, word).map(([a, b]) => `(?:${a})?${b}a*`),
  fc.constantFrom('.*', '[a-z]+', '1{2}a?', '\\+49.*', 's?1*', '(a|1)2*'),
);
const text: fc.Arbitrary<ModelText> = fc.oneof(
  written.map((exact) => ({ exact })),
  fc.array(word, { minLength: 1, maxLength: 3 }).map((oneOf) => ({ oneOf })),
  written.map((prefix) => ({ prefix })),
  regex.map((one) => ({ regex: one })),
);
const number: fc.Arbitrary<ModelText> = fc.oneof(
  { weight: 6, arbitrary: text },
  { weight: 1, arbitrary: fc.constant({ e164: '+4930901820' }) },
);
const header: fc.Arbitrary<ModelText> = fc.oneof(
  { weight: 3, arbitrary: text },
  { weight: 1, arbitrary: fc.boolean().map((present) => ({ present })) },
);
const uri: fc.Arbitrary<ModelText> = fc.oneof(
  word.map((name) => ({ exact: `sip:${name}@h` })),
  word.map((name) => ({ prefix: `sip:${name}` })),
  word.map((name) => ({ regex: `sip:${name}.*` })),
);
const some = <T>(...values: T[]) => fc.subarray(values, { minLength: 1, maxLength: 2 });
const hours = ['00:00-12:00', '08:00-18:00', '09:30-10:30', '22:00-06:00', '00:00-24:00'];
const time = fc
  .record(
    {
      zone: fc.constantFrom('Europe/Berlin', 'UTC', 'America/New_York', 'Asia/Kathmandu'),
      days: some('mon', 'tue-fri', 'sat-mon'),
      hours: some(...hours),
      on: fc.constantFrom(['x'], ['y']),
      not: fc.constantFrom(['x'], ['y']),
    },
    { requiredKeys: ['zone', 'days'] },
  )
  .filter(({ on, not }) => on === undefined || not === undefined || on[0] !== not[0]);
const holidays = { x: ['2026-03-28..2026-03-30', '12-30..01-02'], y: ['2026-10-25', '02-29'] };

const every = fc.record({
  called: number,
  calledUri: uri,
  calling: number,
  callingUri: uri,
  trunk: some('t', 'u', 'none'),
  transport: some('udp', 'tls'),
  protocol: fc.constantFrom('sip', 'h323'),
  source: some('192.0.2.1', '192.0.2.0/24', '0.0.0.0/0', '192.0.2.128/25'),
  registered: fc.boolean(),
  verstat: some('passed', 'failed', 'none'),
  header: fc.dictionary(fc.constantFrom('x-a', 'x-b'), header, { minKeys: 1, maxKeys: 2 }),
  language: some('de', 'de-AT', 'en'),
  time,
});
type FieldName = keyof ModelMatch;
/** A rule asks for little, so that calls meet it. */
const match: fc.Arbitrary<ModelMatch> = fc
  .tuple(every, fc.array(fc.nat({ max: 19 }), { minLength: 1, maxLength: 2 }))
  .map(([all, places]) => {
    const names = Object.keys(all) as FieldName[];
    // The called number is asked for most.
    const picked = new Set(places.map((place) => names.at(place) ?? 'called'));
    return Object.fromEntries([...picked].map((name) => [name, all[name]]));
  });

const call: fc.Arbitrary<CallInput> = fc
  .record({
    called: user.map((name) => ({ user: name, uri: `sip:${name}@h` })),
    calling: user.map((name) => ({ user: name, uri: `sip:${name}@h` })),
    trunk: fc.constantFrom('t', 'u', null),
    transport: fc.constantFrom('udp', 'tls'),
    protocol: fc.constantFrom('sip' as const, 'h323' as const),
    source: fc.constantFrom('192.0.2.1', '192.0.2.200', '198.51.100.1', null),
    registered: fc.boolean(),
    verstat: fc.constantFrom('passed' as const, 'failed' as const, 'none' as const),
    headers: fc.dictionary(fc.constantFrom('x-a', 'x-b'), fc.oneof(word, fc.constant('')), { maxKeys: 2 }),
    language: fc.constantFrom('de', 'de-AT', 'DE-at', 'en', null),
    // Around the changes of summer time and the turn of a year.
    at: fc.oneof(
      fc.integer({ min: Date.parse('2026-03-27T00:00Z'), max: Date.parse('2026-03-31T00:00Z') }),
      fc.integer({ min: Date.parse('2026-10-23T00:00Z'), max: Date.parse('2026-10-27T00:00Z') }),
      fc.integer({ min: Date.parse('2027-12-28T00:00Z'), max: Date.parse('2028-03-02T00:00Z') }),
    ),
  })
  .map((facts) => callTo('', facts));

const pairOf = <T>(one: fc.Arbitrary<T>, name: keyof ModelMatch): fc.Arbitrary<[ModelMatch, ModelMatch]> =>
  fc.tuple(one, one).map(([inner, outer]) => [{ [name]: inner }, { [name]: outer }]);
const twoOfOneField: fc.Arbitrary<[ModelMatch, ModelMatch]> = fc.oneof(
  { weight: 5, arbitrary: pairOf(number, 'called') },
  pairOf(
    header.map((one) => ({ 'x-a': one })),
    'header',
  ),
  pairOf(uri, 'callingUri'),
  pairOf(some('192.0.2.1', '192.0.2.0/24', '0.0.0.0/0', '192.0.2.128/25'), 'source'),
  pairOf(some('de', 'de-AT', 'en'), 'language'),
  { weight: 2, arbitrary: pairOf(time, 'time') },
);

const rules: fc.Arbitrary<readonly ModelRule[]> = fc
  .array(
    fc.record(
      {
        priority: fc.nat({ max: 3 }),
        match,
        transform: fc.record(
          { strip: fc.nat({ max: 2 }).map((n) => n + 1), add: word },
          { requiredKeys: ['add'] },
        ),
      },
      { requiredKeys: ['priority', 'match'] },
    ),
    { minLength: 3, maxLength: 12 },
  )
  // One rule in six rewrites.
  .map((list) =>
    list.map((rule, place) => ({
      ...rule,
      ...(place % 6 === 0 ? {} : { transform: undefined }),
      name: `r${place}`,
    })),
  )
  .map((list) =>
    list.map(({ transform, ...rule }) => (transform === undefined ? rule : { ...rule, transform })),
  );

/** So many that calls go by the index; no call of these tests is for one of them. */
const fillers = Array.from({ length: maxMisses + 1 }, (_, i): ModelRule => ({
  name: `filler${i}`,
  priority: i % 5,
  match: { called: { exact: `filler-${i}` } },
}));

function textOf(list: readonly ModelRule[]): string {
  const trunks = [
    { name: 't', sources: ['203.0.113.1'] },
    { name: 'u', sources: ['203.0.113.2'] },
  ];
  const written = list.map(({ transform, ...rule }) =>
    transform === undefined ? { ...rule, action: 'echo' } : { ...rule, transform: { called: transform } },
  );
  return JSON.stringify({ version: 1, holidays, trunks, rules: written });
}

/** Takes out what the check calls unreachable, until it has nothing to say. */
function reachable(list: readonly ModelRule[]): {
  plan: Plan;
  list: readonly ModelRule[];
  unreachable: readonly string[];
} {
  const unreachable: string[] = [];
  for (let left = list; ;) {
    const { plan, problems } = checkPlan([{ name: 'model.yaml', text: textOf(left) }]);
    if (plan !== null) return { plan, list: left, unreachable };
    const names = problems.map(shadowed);
    unreachable.push(...names);
    left = left.filter(({ name }) => !names.includes(name));
  }
}

function shadowed({ code, message }: PlanProblem): string {
  expect([code, message]).toEqual([
    'PLAN_SHADOWED_RULE',
    expect.stringMatching(/^the rule "(?:r|filler)\d+" is never reached/),
  ]);
  return /"(\w+)"/.exec(message)?.[1] ?? '';
}

describe('dial plans against a slow, obvious model', () => {
  it.each([
    ['few rules, one after the other', [] as readonly ModelRule[]],
    ['many rules, by the index', fillers],
  ])('%s', { timeout: 60_000 }, (_how, more) => {
    let decided = 0;
    let rewritten = 0;
    fc.assert(
      fc.property(rules, fc.array(call, { minLength: 10, maxLength: 12 }), (list, calls) => {
        const { plan } = reachable([...list, ...more]);
        for (const one of calls) {
          const wanted = modelDecides(list, holidays, one);
          const { route, trace } = resolve(plan, one);
          expect({ rule: route.rule, called: route.called.user }).toEqual(wanted);
          const told = explain(plan, one);
          expect(told.route).toEqual(route);
          // What is not told one by one is counted.
          expect(trace.steps.length + trace.skipped).toBe(told.trace.steps.length + told.trace.skipped);
          if (wanted.rule !== null) decided++;
          if (wanted.called !== one.called.user) rewritten++;
        }
      }),
      { numRuns: more.length > 0 ? 60 : 250 },
    );
    expect(decided).toBeGreaterThan(60);
    expect(rewritten).toBeGreaterThan(10);
  });

  it('a dry run says of each condition what the model says', () => {
    fc.assert(
      fc.property(match, call, (one, input) => {
        const { plan, problems } = checkPlan([
          { name: 'one.yaml', text: textOf([{ name: 'r0', priority: 0, match: one }]) },
        ]);
        if (plan === null) throw new Error(JSON.stringify(problems));
        const [step] = explain(plan, input).trace.steps;
        const each = step.conditions?.every(({ held }) => held) ?? true;
        expect([step.matched, each]).toEqual([modelMatches(one, holidays, input), step.matched]);
      }),
      { numRuns: 600 },
    );
  });

  it('a rule that is called unreachable never decides', { timeout: 60_000 }, () => {
    let found = 0;
    fc.assert(
      fc.property(rules, fc.array(call, { minLength: 20, maxLength: 30 }), (list, calls) => {
        const { unreachable } = reachable(list);
        found += unreachable.length;
        for (const one of calls) expect(unreachable).not.toContain(modelDecides(list, holidays, one).rule);
      }),
      { numRuns: 150 },
    );
    expect(found).toBeGreaterThan(15);
  });

  it('what follows from a condition holds whenever that one does', () => {
    let followed = 0;
    fc.assert(
      fc.property(
        twoOfOneField,
        fc.array(call, { minLength: 20, maxLength: 20 }),
        ([inner, outer], calls) => {
          const conditionsOf = (one: ModelMatch) =>
            checkPlan([{ name: 'one.yaml', text: textOf([{ name: 'r0', priority: 0, match: one }]) }]).plan
              ?.rules[0].conditions ?? [];
          const [these, those] = [conditionsOf(inner), conditionsOf(outer)];
          if (!those.every((wider) => these.some((narrow) => implies(narrow, wider)))) return;
          followed++;
          for (const one of calls) {
            if (modelMatches(inner, holidays, one)) expect(modelMatches(outer, holidays, one)).toBe(true);
          }
        },
      ),
      { numRuns: 1000 },
    );
    expect(followed).toBeGreaterThan(20);
  });

  it('every match of a regex begins with one of its fixed beginnings', () => {
    const piece = fc.constantFrom(
      'a',
      's',
      'S',
      'K',
      '1',
      '\\+',
      '\\.',
      '(',
      ')',
      '(?:',
      '(?P<x>',
      '|',
      '?',
      '*',
      '+',
      '{2}',
      '[ab]',
      '.',
      '^',
      '\\d',
    );
    const pattern = fc
      .tuple(fc.constantFrom('', '(?i)', '(?s)'), fc.array(piece, { maxLength: 6 }))
      .map(([flags, pieces]) => flags + pieces.join(''));
    const tried = fc.string({
      unit: fc.constantFrom('a', 'b', 's', 'S', 'ſ', 'k', 'K', '1', '+', '.', '\u212a'),
      maxLength: 5,
    });
    let told = 0;
    fc.assert(
      fc.property(pattern, fc.array(tried, { maxLength: 10 }), (source, texts) => {
        const compiled = compileRegex(source);
        if (typeof compiled === 'string') return;
        const prefixes = literalPrefixes(source);
        const required = requiredText(source);
        if (prefixes[0] !== '' && required !== '') told++;
        for (const one of texts) {
          if (!compiled.regex.testExact(one)) continue;
          const folded = one.toLowerCase();
          expect(prefixes.some((prefix) => folded.startsWith(prefix))).toBe(true);
          expect(folded).toContain(required);
        }
      }),
      { numRuns: 5000 },
    );
    expect(told).toBeGreaterThan(100);
  });
});

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePlan } from '../../dialplans/check.ts';
import { PlanError } from '../../dialplans/errors.ts';
import type { Plan } from '../../dialplans/plan.ts';
import { explain, resolve } from '../../dialplans/resolve.ts';
import type { CallInput } from '../../dialplans/types.ts';
import { callTo } from '../support/dial-plan.ts';

const shipped = readFileSync(
  fileURLToPath(new URL('../../dialplans/plans/default.yaml', import.meta.url)),
  'utf8',
);

/** Has every key of the format. */
const full = `version: 1
tenant: acme
language: de
trunks:
  - &t { name: carrier, sources: [192.0.2.0/24, "2001:db8::/32"], srtp: prefer, tls: false }
variables: { company: acme }
rules:
  - name: rooms
    priority: 10
    match: { called: { regex: "(?P<room>[a-z]+)-[0-9]*" }, trunk: carrier, transport: udp, protocol: sip }
    action: { join: { room: "\${company}-\${room}" } }
    language: en
  - { name: pin, match: { called: { prefix: "+49" }, calling: anonymous }, action: { ask-pin: {} } }
  - { name: uri, match: { calledUri: "sip:a@b", callingUri: { prefix: "sip:" } }, action: echo }
  - { name: no, match: {}, action: { reject: { text: No } } }
`;

/** Compiles; anything but a plan or a `PlanError` that says what is wrong fails the test. */
function compile(text: string): Plan | null {
  try {
    return compilePlan([{ name: 'fuzz.yaml', text }]);
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    expect(error.problems.length).toBeGreaterThan(0);
    for (const { line, column, message, remedy } of error.problems) {
      expect(Math.min(line, column)).toBeGreaterThanOrEqual(1);
      expect(message.length).toBeGreaterThan(0);
      expect(remedy.length).toBeGreaterThan(0);
    }
    return null;
  }
}

/** Text that YAML and the plan's own grammars find interesting. */
const snippet = fc.constantFrom(
  ...[
    '\n',
    ' ',
    '\t',
    ':',
    ': ',
    '- ',
    '#',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '|\n',
    '>\n',
    '&a ',
    '*a',
    '*t',
    '!!',
    '!x ',
    '%',
  ],
  ...[
    '---\n',
    '...\n',
    '? ',
    '<<: *t',
    '~',
    '${',
    '${x}',
    '(?P<x>',
    ')',
    '\\',
    '\u0000',
    '\ud800',
    '\ufeff',
    '__proto__: 1',
  ],
  ...['constructor', '0x1F', '1e999', '.nan', '::/0', '/33', 'none', '99999999', '%YAML 1.1\n---\n'],
);

const mutated = fc
  .tuple(
    fc.constantFrom(shipped, full),
    fc.array(
      fc.record({
        // Without bias, or nearly all edits would be at the file's beginning.
        at: fc.noBias(fc.nat({ max: 999_999 })),
        remove: fc.nat({ max: 8 }),
        insert: fc.oneof(snippet, fc.string({ maxLength: 8 })),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([text, edits]) =>
    edits.reduce((before, { at, remove, insert }) => {
      const place = Math.floor((at / 1e6) * before.length);
      return before.slice(0, place) + insert + before.slice(place + remove);
    }, text),
  );

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('1000', 'demo', '+4930', 'abc-1', 'anonymous', 'sip:a@b', '', '\ud800', '__proto__'),
);
const anyCall: fc.Arbitrary<CallInput> = fc
  .record({
    protocol: fc.constantFrom('sip' as const, 'h323' as const),
    transport: fc.constantFrom('udp', 'tcp', 'tls', 'ws', ''),
    trunk: fc.option(fc.constantFrom('carrier', 'none', 'other', '__proto__')),
    called: fc.record({ user: anyText, uri: anyText }),
    calling: fc.record({ user: anyText, uri: anyText }),
  })
  .map((facts) => callTo('', facts));

describe('hostile plans', () => {
  it('mutated YAML ends in a plan or in a readable PlanError, and what compiles resolves any call', () => {
    let good = 0;
    fc.assert(
      fc.property(mutated, anyCall, (text, call) => {
        const plan = compile(text);
        if (plan === null) return;
        good++;
        expect(resolve(plan, call).route).toEqual(explain(plan, call).route);
      }),
      { numRuns: 600 },
    );
    // Otherwise the mutations are too rough to reach the compiler's inside.
    expect(good).toBeGreaterThan(20);
  });

  it('the plan that is mutated has no mistake', () => {
    expect(compile(shipped)).not.toBeNull();
    expect(compile(full)).not.toBeNull();
  });

  it('any text at all ends in a plan or in a readable PlanError', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => void compile(text)));
  });

  const nested = (open: string, close: string, times: number) =>
    `version: 1\nvariables: ${open.repeat(times)}${close.repeat(times)}`;
  const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
    .concat(
      Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`),
    )
    .join('\n');
  const megabyte = 1024 * 1024 - 100;
  it.each([
    ['an alias bomb', bomb],
    ['ten megabytes', `version: 1\n#${'x'.repeat(10 * megabyte)}`],
    ['deep lists', nested('[', ']', 100_000)],
    ['deep mappings', nested('{a: ', '}', 10_000)],
    ['deep block lists', `version: 1\nrules:\n${'- '.repeat(20_000)}`],
    ['a megabyte of brackets', '}'.repeat(megabyte)],
    ['a megabyte of keys', Array.from({ length: 90_000 }, (_, i) => `k${i}: 1`).join('\n')],
    ['a megabyte of the same key', 'a: 1\n'.repeat(200_000)],
    ['a heap of quotes', '"'.repeat(megabyte / 8)],
  ])('%s is refused within seconds', { timeout: 60_000 }, (_what, text) => {
    const begin = process.cpuUsage();
    expect(compile(text)).toBeNull();
    // CPU time, since others may use the machine; measured below 3 s.
    const { user, system } = process.cpuUsage(begin);
    expect((user + system) / 1e6).toBeLessThan(10);
  });

  it('a regex that kills backtracking engines costs a call no time', () => {
    const plan = compile(
      'version: 1\nrules: [{name: a, match: {called: {regex: "(a+)+(a|aa)*(.*)*b"}}, action: echo}]',
    );
    if (plan === null) throw new Error('the plan must compile');
    const user = 'a'.repeat(10_000);
    const begin = performance.now();
    resolve(plan, callTo(user));
    expect(performance.now() - begin).toBeLessThan(1_000);
  });
});

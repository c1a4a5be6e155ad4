import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../../dialplans/cli/run.ts';
import { mondayMorning } from '../../support/dial-plan.ts';

const good = `version: 1
# What a person wrote.
rules:
    - {name: pin,   match: {called: "1000"}, action: ask-pin}   # the PIN
    - name: sales
      match: { called: { regex: 'sales-(?P<who>.+)' } }
      action: { join: { room: "\${who}" } }
`;

let folder: string;
const path = (name: string) => join(folder, name);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dialplan-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function run(...argv: string[]) {
  return runWith('', ...argv);
}

async function runWith(stdin: string, ...argv: string[]) {
  let [out, err] = ['', ''];
  const code = await runCli({
    argv,
    plans: folder,
    prompts: fileURLToPath(new URL('../../../gateway/prompts', import.meta.url)),
    nowMs: mondayMorning,
    stdin: () => Promise.resolve(stdin),
    out: (text) => (out += text),
    err: (text) => (err += text),
  });
  return { code, out, err };
}

describe('check', () => {
  it('says that a plan is good, and how much of it there is', async () => {
    await writeFile(path('a.yaml'), good);
    expect(await run('check')).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/^a\.yaml: 2 rules, no tests, version [0-9a-f]{12}\n$/) as string,
    });
  });

  it('says what is wrong with file, line, column and remedy', async () => {
    await mkdir(path('parts'));
    await writeFile(path('parts/more.yaml'), 'rules:\n  - { name: b, match: { trunk: t }, action: echo }\n');
    await writeFile(
      path('a.yaml'),
      `${good}include: [parts/more.yaml]\ntests: [{ name: t, call: { called: 1000 }, expect: { rule: sales } }]\n`,
    );
    expect(await run('check')).toEqual({
      code: 1,
      out: '',
      err: 'parts/more.yaml:2:32: there is no trunk "t" (PLAN_UNKNOWN_TRUNK). Known: none. Trunks are defined under "trunks".\n1 mistake\n',
    });
    await writeFile(path('parts/more.yaml'), 'rules: []\n');
    const { code, err } = await run('check', folder);
    expect(code).toBe(1);
    expect(err).toMatch(
      /^a\.yaml:9:60: the test "t" fails: rule is "pin" instead of "sales": the rule "pin" decides/,
    );
    const told = JSON.parse((await run('check', '--json')).out) as {
      good: boolean;
      tests: { passed: boolean }[];
    };
    expect(told).toMatchObject({
      good: false,
      problems: [{ line: 9 }],
      tests: [{ name: 't', passed: false }],
    });
  });

  it('knows the prompts that ship, and misses others', async () => {
    const play = (prompt: string) =>
      `version: 1\nrules: [{ name: a, match: {}, action: { play: { prompt: ${prompt}, then: echo } } }]\n`;
    await writeFile(path('a.yaml'), play('welcome'));
    expect((await run('check')).code).toBe(0);
    await writeFile(path('a.yaml'), play('nobody-says-this'));
    expect((await run('check')).err).toMatch(
      /^a\.yaml:2:57: there is no prompt "nobody-says-this" in en or de \(PLAN_UNKNOWN_PROMPT\)/,
    );
  });
});

describe('resolve and explain', () => {
  beforeEach(() => writeFile(path('a.yaml'), good));

  it('say where a call goes', async () => {
    expect(await run('resolve', 'sales-anna', '--from', '+4930')).toEqual({
      code: 0,
      err: '',
      out: 'A call from +4930 to sales-anna joins the room “anna” as guest, by the rule “sales” (tenant default)\n',
    });
  });

  it('say why', async () => {
    expect((await run('explain', 'sales-anna')).out).toBe(`1. “pin” misses: called is not 1000
   ✗ called is 1000: sales-anna
2. “sales” holds
   ✓ called matches sales-(?P<who>.+): sales-anna
   $who = anna
A call from anonymous to sales-anna joins the room “anna” as guest, by the rule “sales” (tenant default)
`);
    expect(JSON.parse((await run('resolve', '1', '--json')).out)).toMatchObject({
      rule: null,
      action: { kind: 'reject' },
    });
  });
});

describe('a call that is tried', () => {
  const plan = `version: 1
tenant: acme
tenants: [{ name: acme, timeZone: America/New_York }]
trunks: [{ name: carrier, sources: [192.0.2.0/24] }, { name: safe, sources: [198.51.100.1], tls: true }]
rules:
  - { name: morning, match: { trunk: carrier, time: { hours: '08:00-09:00' } }, action: echo }
  - { name: carrier, match: { trunk: carrier }, action: ask-pin }
  - { name: safe, match: { trunk: safe }, action: ask-pin }
`;
  const ruleOf = async (...argv: string[]) => {
    const { code, out, err } = await run('resolve', '1', '--json', ...argv);
    return code === 0 ? (JSON.parse(out) as { rule: string | null }).rule : err;
  };
  beforeEach(() => writeFile(path('a.yaml'), plan));

  it('comes by the trunk of its address, unless another is named', async () => {
    expect(await ruleOf('--source', '192.0.2.7')).toBe('carrier');
    expect(await ruleOf('--source', '192.0.2.7', '--trunk', 'none')).toBe(null);
    expect(await ruleOf('--source', '198.51.100.1')).toBe(null);
    expect(await ruleOf('--source', '198.51.100.1', '--transport', 'tls')).toBe('safe');
  });

  it('comes at a time of the tenant’s clock, or of the offset that is given', async () => {
    const at = (time: string) => ruleOf('--trunk', 'carrier', '--at', time);
    expect(await at('2026-11-30T08:30')).toBe('morning');
    expect(await at('2026-11-30T08:30Z')).toBe('carrier');
    expect(await at('2026-11-30T08:30-05:00')).toBe('morning');
    expect(await at('2026-03-08T02:30')).toMatch(/no time of America\/New_York/);
  });
});

describe('standard input', () => {
  it('is a plan like others, and may include what lies beside the plans', async () => {
    await mkdir(path('parts'));
    await writeFile(path('parts/more.yaml'), 'rules:\n  - { name: b, match: { called: 2 }, action: echo }\n');
    const piped = `${good}include: [parts/more.yaml]\n`;
    expect(await runWith(piped, 'check', '-')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\(standard input\): 3 rules/) as string,
    });
    expect(await runWith('version: 2', 'check', '-')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^\(standard input\):1:10: /) as string,
    });
    expect((await runWith(piped, 'resolve', '2', '-p', '-')).out).toContain('by the rule “b”');
    await writeFile(path('a.yaml'), good);
    expect(await runWith(good, 'diff', path('a.yaml'), '-')).toMatchObject({ code: 1 });
    expect((await runWith(good, 'diff', '-', '-')).code).toBe(2);
  });

  it('is laid out on standard output', async () => {
    const { code, out } = await runWith(good, 'fmt', '-');
    expect([code, out.split('\n')[3]]).toEqual([
      0,
      '  - { name: pin, match: { called: "1000" }, action: ask-pin } # the PIN',
    ]);
    expect(await runWith(good, 'fmt', '--check', '-')).toMatchObject({ code: 1, out: '' });
    expect(await runWith(out, 'fmt', '--check', '-')).toMatchObject({ code: 0, out: '' });
  });
});

it('programs read mistakes as JSON whatever was asked', async () => {
  await writeFile(path('a.yaml'), 'version: 1\nrulez: []\n');
  for (const argv of [
    ['resolve', '1'],
    ['explain', '1'],
    ['diff', path('a.yaml'), path('a.yaml')],
  ]) {
    const { code, out, err } = await run(...argv, '--json');
    expect([code, err]).toEqual([1, '']);
    expect(JSON.parse(out)).toMatchObject({
      problems: [
        {
          line: 2,
          column: 1,
          code: 'PLAN_UNKNOWN_KEY',
          remedy: expect.stringMatching(/^Did you mean "rules"/) as string,
        },
      ],
    });
  }
});

describe('diff', () => {
  it('says what counts, and shows the patch', async () => {
    await writeFile(path('a.yaml'), good);
    const other = path('other');
    await mkdir(other);
    const swapped = `version: 1
rules:
  - { name: sales, match: { called: { regex: 'sales-(?P<who>.+)' } }, action: { join: { room: "x-\${who}" } } }
  - { name: pin, match: { called: 1000 }, action: ask-pin }
  - { name: new, match: { called: 2 }, action: echo }
`;
    await writeFile(join(other, 'a.yaml'), swapped);
    const { code, out } = await run('diff', path('a.yaml'), join(other, 'a.yaml'));
    expect(code).toBe(1);
    expect(out.split('\n').slice(0, 4)).toEqual([
      'changed rule "sales": action {"join":{"room":"${who}"}} → {"join":{"room":"x-${who}"}}',
      'added rule "new"',
      'moved rule "pin"',
      '',
    ]);
    expect(out).toContain('+  - { name: new, match: { called: 2 }, action: echo }');
    expect(await run('diff', path('a.yaml'), path('a.yaml'))).toEqual({ code: 0, out: '', err: '' });
  });
});

describe('fmt', () => {
  it('lays a plan out, keeps its comments, and changes nothing twice', async () => {
    await writeFile(path('a.yaml'), good);
    expect(await run('fmt', '--check')).toMatchObject({ code: 1, out: `${path('a.yaml')}\n` });
    expect(await readFile(path('a.yaml'), 'utf8')).toBe(good);
    expect((await run('fmt')).code).toBe(0);
    expect(await readFile(path('a.yaml'), 'utf8')).toBe(`version: 1
# What a person wrote.
rules:
  - { name: pin, match: { called: "1000" }, action: ask-pin } # the PIN
  - name: sales
    match: { called: { regex: 'sales-(?P<who>.+)' } }
    action: { join: { room: "\${who}" } }
`);
    expect(await run('fmt', '--check')).toEqual({ code: 0, out: '', err: '' });
  });

  it('leaves all alone when it can’t read one', async () => {
    await writeFile(path('a.yaml'), good);
    await writeFile(path('b.yaml'), 'version: [');
    expect(await run('fmt')).toMatchObject({ code: 1, err: expect.stringContaining('PLAN_YAML') as string });
    expect(await readFile(path('a.yaml'), 'utf8')).toBe(good);
  });

  it('leaves comments where they are', async () => {
    const commented = `version: 1

# What no rule takes is refused.
rules:
  - name: a
    match: {}
    action: echo

  # - name: later
  #   match: {}

# The end.
tests: []
`;
    expect((await runWith(commented, 'fmt', '-')).out).toBe(commented);
  });
});

it('schema is what editors take', async () => {
  expect(JSON.parse((await run('schema')).out)).toHaveProperty('$defs.Rule');
});

it.each([
  [[], /what is to be done\? One of: check, resolve/],
  [['dance'], /there is no "dance"/],
  [['chek'], /there is no "chek". Did you mean "check"\?/],
  [['resolve', ' '], /which number/],
  [['resolve', '1', '--source', 'x'], /no IP address/],
  [['resolve', '1', '--transport', 'pigeon'], /--transport is one of: udp/],
  [['resolve', '1', '--verstat', 'maybe'], /--verstat is one of: passed/],
  [['check', '--prompts', '/nowhere/at/all'], /there is no \/nowhere/],
  [['constructor'], /there is no "constructor"/],
  [['resolve'], /which number/],
  [['resolve', '1', '2'], /one too many/],
  [['check', '--nonsense'], /--nonsense/],
  [['resolve', '1', '--at', 'noon'], /no time of UTC/],
  [['resolve', '1', '--at', '2026-02-30T10:00'], /no time of UTC/],
  [['resolve', '1', '--trunk', 'x'], /no trunk "x"/],
  [['check', '/nowhere/at/all'], /^there is no \/nowhere\/at\/all\n$/],
])('what is asked wrongly ends with 2: %j', async (argv, message) => {
  await writeFile(path('a.yaml'), good);
  expect(await run(...argv)).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringMatching(message) as string,
  });
});

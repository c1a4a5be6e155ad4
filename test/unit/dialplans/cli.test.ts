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
  let [out, err] = ['', ''];
  const code = await runCli({
    argv,
    plans: folder,
    prompts: fileURLToPath(new URL('../../../gateway/prompts', import.meta.url)),
    nowMs: mondayMorning,
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
      out: 'A call from +4930 to sales-anna joins the room "anna" as guest, by the rule "sales" (tenant default)\n',
    });
  });

  it('say why', async () => {
    expect((await run('explain', 'sales-anna')).out).toBe(`1. "pin" misses: called is not 1000
   ✗ called is 1000: sales-anna
2. "sales" holds
   ✓ called matches sales-(?P<who>.+): sales-anna
   $who = anna
A call from anonymous to sales-anna joins the room "anna" as guest, by the rule "sales" (tenant default)
`);
    expect(JSON.parse((await run('resolve', '1', '--json')).out)).toMatchObject({
      rule: null,
      action: { kind: 'reject' },
    });
  });
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

  it('leaves alone what it can’t read', async () => {
    await writeFile(path('a.yaml'), 'version: [');
    expect(await run('fmt')).toMatchObject({ code: 1, err: expect.stringContaining('PLAN_YAML') as string });
  });
});

it('schema is what editors take', async () => {
  expect(JSON.parse((await run('schema')).out)).toHaveProperty('$defs.Rule');
});

it.each([
  [[], /what is to be done/],
  [['dance'], /there is no "dance"/],
  [['constructor'], /there is no "constructor"/],
  [['resolve'], /which number/],
  [['resolve', '1', '2'], /one too many/],
  [['check', '--nonsense'], /--nonsense/],
  [['resolve', '1', '--at', 'noon'], /no time/],
  [['resolve', '1', '--trunk', 'x'], /no trunk "x"/],
  [['check', '/nowhere/at/all'], /ENOENT/],
])('what is asked wrongly ends with 2: %j', async (argv, message) => {
  await writeFile(path('a.yaml'), good);
  expect(await run(...argv)).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringMatching(message) as string,
  });
});

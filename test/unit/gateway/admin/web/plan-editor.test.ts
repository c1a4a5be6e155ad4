import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planJsonSchema } from '../../../../../dialplans/schema/json-schema.ts';
import { optionsAt } from '../../../../../gateway/admin/web/plans/editor/complete.ts';
import { namesIn } from '../../../../../gateway/admin/web/plans/editor/names.ts';
import { placeAt, scalarAt } from '../../../../../gateway/admin/web/plans/editor/place.ts';
import { descriptionAt, type Schema } from '../../../../../gateway/admin/web/plans/editor/schema.ts';
import { YamlScan } from '../../../../../gateway/admin/web/plans/editor/yaml-scan.ts';

const schema = planJsonSchema() as Schema;
const words = {
  schema,
  prompts: { shipped: { en: ['welcome'], de: ['welcome'] }, tenants: { acme: { de: ['sales'] } } },
};

/** The text before and after the cursor, which is written as |. */
function cursor(marked: string): { text: string; position: number } {
  const position = marked.indexOf('|');
  return { text: marked.slice(0, position) + marked.slice(position + 1), position };
}

function offered(marked: string): string[] {
  const { text, position } = cursor(marked);
  return optionsAt(placeAt(text, position), text, words).map(({ label }) => label);
}

function place(marked: string): { path: string; role: string; word: string } {
  const { text, position } = cursor(marked);
  const { path, role, word } = placeAt(text, position);
  return { path: path.join('.'), role, word };
}

describe('where the cursor is', () => {
  it.each([
    ['', '', 'key', ''],
    ['version: 1\nru|', '', 'key', 'ru'],
    ['version: 1\n|', '', 'key', ''],
    ['tenant: ac|', 'tenant', 'value', 'ac'],
    ['rules:\n  - |', 'rules.0', 'key', ''],
    ['rules:\n- |', 'rules.0', 'key', ''],
    ['rules:\n  - name: a\n    |', 'rules.0', 'key', ''],
    ['rules:\n  - name: a\n  - name: b\n    action: |', 'rules.1.action', 'value', ''],
    ['rules:\n  - name: a\n    match:\n      |', 'rules.0.match', 'key', ''],
    ['rules:\n  - name: a\n    match: { |', 'rules.0.match', 'key', ''],
    ['rules:\n  - name: a\n    match: { called: 1, tr| }', 'rules.0.match', 'key', 'tr'],
    ['rules:\n  - name: a\n    match: { trunk: | }', 'rules.0.match.trunk', 'value', ''],
    ['rules:\n  - match: { trunk: [a, |] }', 'rules.0.match.trunk.1', 'value', ''],
    ['rules:\n  - match: { time: { days: m|', 'rules.0.match.time.days', 'value', 'm'],
    ['rules:\n  - match: {\n      called: 1,\n      |', 'rules.0.match', 'key', ''],
    ['rules:\n- name: a\n|', '', 'key', ''],
    ['a: |\n  text: of a kind\nru|', '', 'key', 'ru'],
    ['"rules": # all\n  - na|', 'rules.0', 'key', 'na'],
  ])('%j', (marked, path, role, word) => {
    // In block texts the mark of the text itself comes first.
    const at = marked.lastIndexOf('|');
    const text = at < 0 ? '' : marked.slice(0, at) + marked.slice(at + 1);
    const found = placeAt(text, Math.max(0, at));
    expect({ path: found.path.join('.'), role: found.role, word: found.word }).toEqual({ path, role, word });
  });

  it('knows keys and values by their place', () => {
    const text = "rules:\n  - name: 'a: b' # why\n    match: { called: 1000, header: { X-A: gold } }\n";
    const found = new YamlScan(text).scalars.map(
      ({ path, role, text: of }) => `${role} ${path.join('.')} ${of}`,
    );
    expect(found).toEqual([
      'key rules rules',
      'key rules.0.name name',
      'value rules.0.name a: b',
      'key rules.0.match match',
      'key rules.0.match.called called',
      'value rules.0.match.called 1000',
      'key rules.0.match.header header',
      'key rules.0.match.header.X-A X-A',
      'value rules.0.match.header.X-A gold',
    ]);
  });

  it('comes to an end with whatever is typed, and all that it names is in the text', () => {
    const piece = fc.constantFrom(
      'rules:',
      '\n',
      '  ',
      '- ',
      'name: ',
      '{',
      '}',
      '[',
      ']',
      ',',
      '"',
      "'",
      '#',
      '|',
      ':',
      'a',
      ' ',
      '\t',
      '\r\n',
      '💡',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const text = pieces.join('');
        for (const { from, to } of new YamlScan(text).scalars) {
          expect(from).toBeLessThan(to);
          expect(to).toBeLessThanOrEqual(text.length);
        }
        placeAt(text, text.length);
      }),
    );
  });
});

describe('what may be typed there', () => {
  it('are the keys of the place, without those that are there', () => {
    expect(offered('version: 1\n|')).toEqual(
      expect.arrayContaining(['rules', 'trunks', 'tests', 'holidays']),
    );
    expect(offered('version: 1\n|')).not.toContain('version');
    const rule = offered('rules:\n  - name: a\n    |\n    action: echo\n');
    expect(rule).toContain('match');
    expect(rule).not.toContain('action');
    expect(offered('rules:\n  - name: a\n    match: { called: 1, | }')).toContain('verstat');
  });

  it('are actions, short and long, also within a menu', () => {
    expect(offered('rules:\n  - action: |')).toEqual(
      expect.arrayContaining(['echo', 'ask-pin', 'menu', 'bridge']),
    );
    const menu = 'rules:\n  - action:\n      menu:\n        options:\n          1: |';
    expect(offered(menu)).toEqual(expect.arrayContaining(['back', 'again', 'join']));
    expect(offered('rules:\n  - action: { join: { room: a, role: | } }')).toEqual(
      expect.arrayContaining(['host', 'guest']),
    );
  });

  it('are names that the text defines', () => {
    const text =
      'trunks:\n  - { name: carrier }\nholidays:\n  berlin: [12-24]\nrules:\n  - name: day\n    match: ';
    expect(offered(`${text}{ trunk: | }`)).toEqual(expect.arrayContaining(['carrier', 'none']));
    expect(offered(`${text}{ time: { not: | } }`)).toContain('berlin');
    expect(offered(`${text}{}\ntests:\n  - expect: { rule: | }`)).toContain('day');
    expect(namesIn(new YamlScan('variables: { a: 1 }\nsecrets:\n  b: { env: B }\n').scalars)).toMatchObject({
      variables: ['a'],
      secrets: ['b'],
    });
  });

  it('are prompts, with whose they are, and folders of them', () => {
    const { text, position } = cursor('rules:\n  - name: a\n    action: { play: { prompt: w| } }');
    const options = optionsAt(placeAt(text, position), text, words);
    expect(options.map(({ label, detail }) => [label, detail])).toEqual([
      ['welcome', 'ships: en, de'],
      ['sales', 'of acme: de'],
    ]);
    expect(offered('rules:\n  - action: { menu: { options: { 1: { play: { prompt: | } } } } }')).toContain(
      'welcome',
    );
    expect(offered('tenants:\n  - { name: acme, prompts: | }')).toContain('acme');
  });

  it('is explained', () => {
    const { text, position } = cursor('rules:\n  - match: { ver|stat: passed }');
    expect(descriptionAt(schema, scalarAt(text, position)?.path ?? [])).toContain('STIR/SHAKEN');
    expect(place('rules:\n  - priority: 1|').role).toBe('value');
  });
});

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { compilePlan } from '../../../dialplans/check.ts';
import { configSchema } from '../../../gateway/config/schema.ts';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

const shownIn = (page: string): string[] =>
  [...read(page).matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text]) => text);
const isConfiguration = (text: string): boolean =>
  Object.keys(parse(text) as object).some((key) => key in configSchema.shape);

it.each(['docs/dial-plans.md', 'docs/sip-edge.md'])('what %s shows of plans can be used', (page) => {
  const shown = shownIn(page).filter((text) => !isConfiguration(text));
  expect(shown.length).toBeGreaterThan(0);
  for (const text of shown) {
    const whole = text.startsWith('version:') ? text : `version: 1\n${text}`;
    expect(() => compilePlan([{ name: page, text: whole }])).not.toThrow();
  }
});

it.each(['docs/sip-edge.md'])('what %s shows of the configuration can be used', (page) => {
  const shown = shownIn(page).filter(isConfiguration);
  expect(shown.length).toBeGreaterThan(0);
  for (const text of shown) expect(configSchema.safeParse(parse(text)).error).toBeUndefined();
});

it('what the plan that ships has in comments can be used', () => {
  const commented = /^( *)# ( *(?:- )?[a-z]+:)/gm;
  const text = read('dialplans/plans/default.yaml').replace(commented, '$1$2');
  const { rules, trunks } = compilePlan([{ name: 'default.yaml', text }]);
  expect(trunks.map(({ name }) => name)).toEqual(['carrier']);
  expect(rules.map(({ name }) => name)).toContain('rooms by name');
});

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { compilePlan } from '../../../dialplans/compile.ts';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

it.each(['docs/dial-plans.md', 'docs/sip-edge.md'])('what %s shows of plans can be used', (page) => {
  const shown = [...read(page).matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text]) => text);
  expect(shown.length).toBeGreaterThan(0);
  for (const text of shown) {
    const whole = text.startsWith('version:') ? text : `version: 1\n${text}`;
    expect(() => compilePlan([{ name: page, text: whole }])).not.toThrow();
  }
});

it('what the plan that ships has in comments can be used', () => {
  const commented = /^( *)# ( *(?:- )?[a-z]+:)/gm;
  const text = read('dialplans/plans/default.yaml').replace(commented, '$1$2');
  const { rules, trunks } = compilePlan([{ name: 'default.yaml', text }]);
  expect(trunks.map(({ name }) => name)).toEqual(['carrier']);
  expect(rules.map(({ name }) => name)).toContain('rooms by name');
});

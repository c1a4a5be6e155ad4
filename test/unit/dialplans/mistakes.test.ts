import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { checkPlan } from '../../../dialplans/check.ts';
import { readPrompts } from '../../../dialplans/cli/read.ts';
import { formatProblem, type PlanProblem } from '../../../dialplans/errors.ts';

// Plans with the mistakes that people make, and below each what they are told. A text begins with `version: 1`, its
// first line, unless it is a whole file.
const fixture = '../../fixtures/dialplans/mistakes.txt';
const cases = readFileSync(new URL(fixture, import.meta.url), 'utf8')
  .split(/^=== /m)
  .slice(1)
  .map((one) => {
    const [title = '', ...lines] = one.split('\n');
    const text = lines.filter((line) => !line.startsWith('> ')).join('\n');
    return { title, text };
  });
const prompts = await readPrompts(fileURLToPath(new URL('../../../gateway/prompts', import.meta.url)));

function problemsOf({ title, text }: { title: string; text: string }): readonly PlanProblem[] {
  const whole = title.endsWith('(whole file)') ? text : `version: 1\n${text}`;
  return checkPlan([{ name: 'plan.yaml', text: whole }], { fragments: {}, prompts }).problems;
}

it('mistakes are told with their place, reason and remedy as they ever were', async () => {
  const told = cases.map((one) => {
    const problems = problemsOf(one).map((problem) => `> ${formatProblem(problem)}\n`);
    return `=== ${one.title}\n${one.text}${problems.join('')}`;
  });
  await expect(told.join('')).toMatchFileSnapshot(fixture);
});

it.each(cases)('what to do about $title is said in a sentence', (one) => {
  const problems = problemsOf(one);
  expect(problems).not.toEqual([]);
  for (const { message, remedy } of problems) {
    expect(message).not.toMatch(/[.?]$/);
    expect(remedy).toMatch(/^[A-Z][^]*[.?]$/);
  }
});

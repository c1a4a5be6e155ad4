import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkPlan } from '../../../dialplans/check.ts';
import { readPrompts, readSnapshot } from '../../../dialplans/cli/read.ts';
import { formatPlan } from '../../../dialplans/format.ts';
import { explain } from '../../../dialplans/resolve.ts';
import { testCall } from '../../../dialplans/tests.ts';
import { routeInWords, traceInWords } from '../../../dialplans/words.ts';

const pathOf = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const prompts = await readPrompts(pathOf('gateway/prompts'));
const surroundings = { plans: pathOf('dialplans/plans'), stdin: () => Promise.resolve('') };
const examples = readdirSync(pathOf('dialplans/examples')).filter((name) => name.endsWith('.yaml'));

describe.each(examples)('%s', async (name) => {
  const { texts, fragments } = await readSnapshot(pathOf(`dialplans/examples/${name}`), surroundings);
  const { plan, problems, tests } = checkPlan(texts, { fragments, prompts });

  it('is good, and all its tests pass', () => {
    expect(problems).toEqual([]);
    expect(tests.length).toBeGreaterThan(5);
  });

  it('is laid out as fmt lays it out', () => {
    for (const { name: file, text } of texts) expect(formatPlan(file, text)).toBe(text);
    for (const [file, text] of Object.entries(fragments)) expect(formatPlan(file, text)).toBe(text);
  });

  it('explains its calls as it ever did', async () => {
    if (plan === null) throw new Error('the plan is good');
    const explained = plan.tests.map((test) => {
      const call = testCall(plan, test);
      if (call === null) throw new Error('the tests pass');
      const resolution = explain(plan, call);
      return [`=== ${test.source.name}`, ...traceInWords(resolution), routeInWords(resolution), ''].join(
        '\n',
      );
    });
    const golden = `../../fixtures/dialplans/${name.replace(/\.yaml$/, '.txt')}`;
    await expect(explained.join('\n')).toMatchFileSnapshot(golden);
  });
});

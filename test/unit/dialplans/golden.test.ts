import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { checkPlan } from '../../../dialplans/check.ts';
import { explain } from '../../../dialplans/resolve.ts';
import { routeInWords, traceInWords } from '../../../dialplans/words.ts';
import { callTo } from '../../support/dial-plan.ts';

const text = readFileSync(new URL('../../../dialplans/examples/company.yaml', import.meta.url), 'utf8');
const { plan, problems, tests } = checkPlan([{ name: 'company.yaml', text }]);

it('the plan of a company is good, and all its tests pass', () => {
  expect(problems).toEqual([]);
  expect(tests).toHaveLength(7);
});

it('its calls are explained as they ever were', async () => {
  if (plan === null) throw new Error('the plan is good');
  const explained = [
    callTo('030901820', {
      trunk: 'carrier',
      calling: { user: '0170111222', uri: 'sip:0170111222@carrier.example' },
    }),
    callTo('030901820', { trunk: 'carrier', at: Date.parse('2026-11-28T10:00+01:00') }),
    callTo('90301234567', { trunk: 'cucm', transport: 'tls' }),
    callTo('board.vc', { registered: true }),
    callTo('0012125551234'),
  ].map((call) => {
    const resolution = explain(plan, call);
    return [...traceInWords(resolution), routeInWords(resolution), ''].join('\n');
  });
  await expect(explained.join('\n')).toMatchFileSnapshot('../../fixtures/dialplans/company.txt');
});

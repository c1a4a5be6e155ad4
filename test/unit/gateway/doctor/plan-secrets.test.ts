import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkDialPlan } from '../../../../gateway/doctor/checks/configuration.ts';
import { shippedPromptFolder } from '../../../../gateway/prompts/prompts.ts';

const noPlans = { revision: 0, plans: [], canaries: [] };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doctor-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

it('names secrets of the dial plan that are not there, wherever they are used', async () => {
  const there = join(folder, 'token');
  writeFileSync(there, 'hidden-token\n');
  writeFileSync(
    join(folder, 'plan.yaml'),
    `version: 1
secrets: { a: { env: DOCTOR_TEST_NOT_SET }, b: { file: '${there}' }, c: { file: '${there}.gone' }, unused: { env: NOT_SET_EITHER } }
trunks: [{ name: out, to: 'sip:carrier.example', auth: { user: u, password: '\${secret:a}' } }]
rules:
  - name: reception
    match: {}
    action:
      menu:
        prompt: welcome
        options:
          1: { policy: { url: 'https://x.example/', headers: { A: '\${secret:b}', B: '\${secret:c}' }, fallback: echo } }
`,
  );
  const [well, ...missing] = await checkDialPlan(folder, shippedPromptFolder(), () =>
    Promise.resolve(noPlans),
  );
  expect(well).toMatchObject({ state: 'ok' });
  expect(missing.map(({ state, what }) => [state, what])).toEqual([
    ['warning', 'The dial plan’s secret "c" is not there.'],
    ['warning', 'The dial plan’s secret "a" is not there.'],
  ]);
  expect(missing[1].why).toContain('DOCTOR_TEST_NOT_SET');
  expect(JSON.stringify(missing)).not.toContain('hidden-token');
});

// `npm run check`: format, lint, types, import rules, dead code. Runs all, says which failed.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installPackages } from './steps/packages.mjs';
import { root } from './setup.mjs';

const steps = [
  ['format', 'prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
  ['lint', 'eslint/bin/eslint.js', '--max-warnings', '0', '.'],
  ['types', 'typescript/bin/tsc', '-p', 'tsconfig.json'],
  ['types of the pages', 'typescript/bin/tsc', '-p', 'gateway/admin/web/tsconfig.json', '--noEmit'],
  [
    'import rules',
    'dependency-cruiser/bin/dependency-cruise.mjs',
    // A part that is not there yet can't break a rule.
    ...['gateway', 'mcu', 'dialplans', 'adapters', 'test'].filter((part) => existsSync(join(root, part))),
  ],
  ['dead code', 'knip/bin/knip.js', '--no-progress'],
];

await installPackages(root);
const failed = [];
for (const [name, program, ...args] of steps) {
  const started = performance.now();
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules', program), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) console.log(`\nnpm run check: ${failed.join(', ')} failed`);
process.exitCode = failed.length > 0 ? 1 : 0;

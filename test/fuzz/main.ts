/**
 * `npm run fuzz -- <minutes>`: all fuzzers again and again, each round with a fresh seed, until the time is over or
 * one finds something. Then the seed is said, and how to see it again.
 */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const minutes = Number(process.argv[2] ?? 60);
if (!(minutes > 0)) throw new Error('npm run fuzz -- <minutes>');
const end = performance.now() + minutes * 60_000;
let rounds = 0;
let failed: number | null = null;
do {
  const seed = randomInt(1, 2 ** 31);
  rounds += 1;
  console.log(`round ${rounds}: seed ${seed}`);
  if ((await round(seed)) !== 0) failed = seed;
} while (failed === null && performance.now() < end);
console.log(
  failed === null
    ? `${rounds} rounds, nothing found`
    : `found in round ${rounds}; again: FUZZ_SEED=${failed} npx vitest run --project unit test/fuzz`,
);
process.exitCode = failed === null ? 0 : 1;

function round(seed: number): Promise<number> {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(
    process.execPath,
    [vitest, 'run', '--project', 'unit', '--reporter=dot', '--testTimeout=300000', 'test/fuzz'],
    { cwd: root, stdio: 'inherit', env: { ...process.env, FUZZ_SEED: String(seed) } },
  );
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

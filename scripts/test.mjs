// `npm test [-- vitest arguments]`: set-up, which tools are there, all tests, one line with the count.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, setUpOrExit } from './setup.mjs';
import { findTools } from './steps/tools.mjs';

const livekit = await setUpOrExit();
checkTools();
const report = join(root, 'report', 'vitest.json');
mkdirSync(join(root, 'report'), { recursive: true });
rmSync(report, { force: true });
const code = await runVitest();
const counts = count(report, code);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = code === 0 && counts.failed > 0 ? 1 : code;

function checkTools() {
  const found = findTools();
  const missing = found.filter((tool) => tool.path === null);
  for (const tool of found) {
    if (tool.path === null)
      console.log(`MISSING ${tool.name} (Debian: ${tool.package}). Skipped without it: ${tool.tests}.`);
    else console.log(`found   ${tool.name} (${tool.path})`);
  }
  if (missing.length === 0) return;
  console.log(`apt-get install ${missing.map((tool) => tool.package).join(' ')}\n`);
  if (process.env.CI !== 'true') return;
  console.log('CI=true: every tool must be there.');
  console.log('0 passed, 1 failed, 0 skipped');
  process.exit(1);
}

/** Resolves with the exit code; a signal counts as 1. */
function runVitest() {
  const child = spawn(
    process.execPath,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...process.argv.slice(2),
    ],
    {
      cwd: root,
      stdio: 'inherit',
      env: livekit === null ? process.env : { ...process.env, LIVEKIT_SERVER_BIN: livekit },
    },
  );
  // A terminal's Ctrl-C reaches vitest by itself; staying alive lets it end its workers and processes.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve(exitCode ?? 1));
  });
}

/** A file that can't be loaded has no tests to fail, and a crashed vitest has no report: each counts as one failure. */
function count(path, exitCode) {
  let results;
  try {
    results = JSON.parse(readFileSync(path, 'utf8')).testResults;
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const file of results) {
    const failedBefore = counts.failed;
    for (const { status } of file.assertionResults) {
      if (status === 'passed') counts.passed++;
      else if (status === 'failed') counts.failed++;
      else counts.skipped++;
    }
    if (file.status === 'failed' && counts.failed === failedBefore) counts.failed++;
  }
  if (exitCode !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

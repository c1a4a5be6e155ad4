/**
 * `npm run conformance`: runs every test that names a clause of a standard, against the embedded edge or (with
 * `DRACHTIO_HOST`) a drachtio-server, keeps what it showed, and writes the table of docs/sip-conformance.md.
 * `npm run conformance -- --page` writes the table alone, from what earlier runs kept.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { readReport, runSchema } from './results.ts';
import type { Run } from './results.ts';
import { conformanceTable } from './table.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = join(root, 'docs', 'sip-conformance.md');
const begin = '<!-- table: written by npm run conformance -->';
const end = '<!-- end of table -->';

const edge = process.env.DRACHTIO_HOST ? 'drachtio' : 'embedded';
/** Unit tests of the embedded edge: they show nothing of a drachtio-server. */
const ofEmbeddedEdge = join('test', 'unit', 'gateway', 'sip', 'edge');

if (!process.argv.includes('--page')) process.exitCode = await runAndKeep();
await writePage();

/** Resolves with vitest's exit code. */
async function runAndKeep(): Promise<number> {
  const report = join(root, 'report', `conformance-${edge}.json`);
  mkdirSync(join(root, 'report'), { recursive: true });
  // What an earlier run left would be taken for this one's when vitest dies before it writes.
  rmSync(report, { force: true });
  const versions = versionsTested();
  const code = await runSuites(report);
  const run: Run = { date: new Date().toISOString().slice(0, 10), versions, shown: readReport(report, root) };
  writeFileSync(resultsOf(edge), `${JSON.stringify(run, null, 2)}\n`);
  console.log(`${run.shown.length} clauses’ tests on the ${edge} edge, table in docs/sip-conformance.md`);
  return code;
}

function versionsTested(): string {
  if (edge === 'drachtio') return process.env.DRACHTIO_VERSION ?? 'version not told';
  const describe = ['describe', '--always', '--dirty', '--exclude', '*'];
  const { status, stdout } = spawnSync('git', describe, { cwd: root, encoding: 'utf8' });
  return status === 0 ? `commit ${stdout.trim()}` : 'no git: commit not known';
}

function resultsOf(name: string): string {
  return join(root, 'test', 'conformance', `${name}.json`);
}

function keptRun(name: string): Run | null {
  const path = resultsOf(name);
  return existsSync(path) ? runSchema.parse(JSON.parse(readFileSync(path, 'utf8'))) : null;
}

/** Test files that tag clauses themselves, or take the torture messages' table, which does; those of this edge. */
function taggingSuites(): string[] {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('test', name))
    .filter((file) => edge === 'embedded' || !file.startsWith(ofEmbeddedEdge))
    .filter((file) => /support\/clause\.ts|clauseOf/.test(readFileSync(join(root, file), 'utf8')));
}

function runSuites(report: string): Promise<number> {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...taggingSuites()], {
    cwd: root,
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit) => resolve(exit ?? 1));
  });
}

async function writePage(): Promise<void> {
  const embedded = keptRun('embedded');
  if (!embedded) throw new Error('run it against the embedded edge first');
  const drachtio = keptRun('drachtio');
  const text = readFileSync(page, 'utf8');
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`docs/sip-conformance.md lacks the lines ${begin} and ${end}`);
  const said = [
    begin,
    '',
    `Embedded edge: ${embedded.date}, ${embedded.versions}. drachtio-server: ${drachtio ? `${drachtio.date}, ${drachtio.versions}` : 'not run'}.`,
    '',
    conformanceTable(embedded, drachtio),
    '',
  ].join('\n');
  const whole = text.slice(0, from) + said + text.slice(to);
  writeFileSync(page, await format(whole, { ...(await resolveConfig(page)), parser: 'markdown' }));
}

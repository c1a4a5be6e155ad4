/**
 * `npm run conformance`: runs every test that names a clause of a standard, against the embedded edge or (with
 * `DRACHTIO_HOST`) a drachtio-server, keeps what it showed, and writes the table of docs/sip-conformance.md.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
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
const report = join(root, 'report', `conformance-${edge}.json`);
mkdirSync(join(root, 'report'), { recursive: true });
const code = await runSuites();
const run: Run = {
  date: new Date().toISOString().slice(0, 10),
  versions: process.env.DRACHTIO_VERSION ?? (edge === 'embedded' ? 'of this commit' : 'version not told'),
  shown: readReport(report, root),
};
writeFileSync(resultsOf(edge), `${JSON.stringify(run, null, 2)}\n`);
await writePage();
console.log(`${run.shown.length} clauses’ tests on the ${edge} edge, table in docs/sip-conformance.md`);
process.exitCode = code;

function resultsOf(name: string): string {
  return join(root, 'test', 'conformance', `${name}.json`);
}

function keptRun(name: string): Run | null {
  const path = resultsOf(name);
  return existsSync(path) ? runSchema.parse(JSON.parse(readFileSync(path, 'utf8'))) : null;
}

/** Test files that tag clauses themselves, or take the torture messages' table, which does. */
function taggingSuites(): string[] {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('test', name))
    .filter((file) => /support\/clause\.ts|clauseOf/.test(readFileSync(join(root, file), 'utf8')));
}

function runSuites(): Promise<number> {
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

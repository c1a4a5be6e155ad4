/** `npm run demo`: a call from a real telephone program into a room, and a report of it. Exit code 0: all is as it should be. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { missingForGateway } from '../support/gateway.ts';
import { missingForChosenServers } from '../support/chosen-servers.ts';
import { missingForBaresip } from './baresip.ts';
import { page } from './page/page.ts';
import { passed } from './report.ts';
import type { DemoReport } from './report.ts';
import { runDemo } from './run.ts';

const folder = join(import.meta.dirname, '../../report/demo');

const missing = missingForBaresip() ?? missingForGateway() ?? missingForChosenServers();
if (missing !== null) {
  console.error(`The demo can’t run here: ${missing}`);
  process.exit(2);
}
const stop = new AbortController();
// Under npm each comes twice, from the terminal and from npm.
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => stop.abort(new Error(`stopped by ${name}`)));
try {
  const began = performance.now();
  const say = (line: string) => console.log(`${seconds(performance.now() - began)}  ${line}`);
  const demo = await runDemo(folder, say, stop.signal);
  await writeFile(join(folder, 'report.json'), `${JSON.stringify(demo.report, null, 2)}\n`);
  await writeFile(join(folder, 'index.html'), page(demo));
  console.log(summary(demo.report));
  // LiveKit's native library keeps threads for itself.
  process.exit(passed(demo.report) ? 0 : 1);
} catch (error) {
  console.error(
    `\nThe demo did not come to its end: ${error instanceof Error ? error.message : String(error)}`,
  );
  process.exit(stop.signal.aborted ? 130 : 1);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1).padStart(5)} s`;
}

function summary(report: DemoReport): string {
  const times = report.times.map(
    ({ from, to, ms }) => `  ${`${from} → ${to}`.padEnd(54)} ${ms.toFixed(0).padStart(6)} ms`,
  );
  const checks = report.checks.map(
    ({ name, passed, measured }) => `  ${passed ? 'ok    ' : 'FAILED'} ${name} (${measured})`,
  );
  const failed = report.checks.filter((check) => !check.passed).length;
  const verdict =
    failed === 0
      ? `All ${report.checks.length} checks passed.`
      : `${failed} of ${report.checks.length} checks FAILED.`;
  return ['', ...times, '', ...checks, '', `${verdict} Report: ${join(folder, 'index.html')}`].join('\n');
}

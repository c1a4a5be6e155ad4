import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { runCli } from './run.ts';

// Beside the sources, also when it runs from `dist/`.
const project = new URL(import.meta.url.endsWith('.ts') ? '../../' : '../../../', import.meta.url);

process.exitCode = await runCli({
  argv: process.argv.slice(2),
  plans: fileURLToPath(new URL('dialplans/plans', project)),
  prompts: fileURLToPath(new URL('gateway/prompts', project)),
  nowMs: Date.now(),
  stdin: () => text(process.stdin),
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});

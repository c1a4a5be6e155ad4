import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { round } from './numbers.ts';

/** On what, and on which of our versions, figures were taken. */
export function machine(): Record<string, string | number> {
  const [cpu] = cpus();
  return {
    cpu: cpu.model,
    cores: cpus().length,
    memoryGb: round(totalmem() / 2 ** 30, 1),
    kernel: release(),
    node: process.version,
    load: round(loadavg()[0], 1),
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
  };
}

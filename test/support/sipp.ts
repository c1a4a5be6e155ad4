import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../gateway/config/ports-in-use.ts';

/** Says what is missing, or null. */
export const missingForSipp =
  spawnSync('sipp', ['-v']).error === undefined ? null : 'sipp is not installed (Debian: sip-tester)';

export interface SippOptions {
  /** Name of a file of `test/interop/sipp`, without `.xml`. */
  readonly scenario: string;
  /** `host:port` that the call goes to. */
  readonly to: string;
  /** User part of the called address. */
  readonly user: string;
  readonly transport?: 'udp' | 'tcp';
  readonly calls?: number;
  readonly perSecond?: number;
  /** What the scenario's `[key]`s stand for. */
  readonly keys?: Readonly<Record<string, string>>;
  readonly deadlineSeconds?: number;
}

/** Runs a scenario as the caller; rejects with SIPp's own words when a call did not go as it says. */
export async function sipp(options: SippOptions): Promise<void> {
  const { scenario, to, user, transport = 'udp', calls = 1, perSecond = 10, keys = {} } = options;
  const file = fileURLToPath(new URL(`../interop/sipp/${scenario}.xml`, import.meta.url));
  // SIPp leaves its files where it runs.
  const folder = await mkdtemp(join(tmpdir(), 'sipp-'));
  const port = String(await freePort('127.0.0.1'));
  const child = spawn(
    'sipp',
    [
      ...[to, '-sf', file, '-s', user, '-t', transport === 'udp' ? 'u1' : 't1'],
      ...['-m', String(calls), '-r', String(perSecond), '-i', '127.0.0.1', '-p', port],
      ...Object.entries(keys).flatMap(([key, value]) => ['-key', key, value]),
      ...['-nostdin', '-timeout', String(options.deadlineSeconds ?? 30), '-timeout_error'],
      ...['-trace_err', '-error_file', join(folder, 'errors')],
    ],
    { cwd: folder, stdio: 'ignore' },
  );
  const [code] = (await once(child, 'exit')) as [number | null];
  const errors = await readFile(join(folder, 'errors'), 'utf8').catch(() => '');
  await rm(folder, { recursive: true, force: true });
  if (code !== 0) throw new Error(`SIPp, ${scenario}: exit code ${code}\n${errors}`);
}

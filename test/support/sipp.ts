import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../gateway/config/ports-in-use.ts';
import { until } from './until.ts';

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
  const { scenario, to, user, transport = 'udp', calls = 1, perSecond = 10 } = options;
  const port = await freePort('127.0.0.1');
  await run(scenario, options, [
    ...[to, '-s', user, '-t', transport === 'udp' ? 'u1' : 't1', '-p', String(port)],
    ...['-m', String(calls), '-r', String(perSecond)],
  ]);
}

export interface SippCalled extends Pick<SippOptions, 'scenario' | 'keys' | 'deadlineSeconds'> {
  readonly port: number;
}

/** Runs a scenario as whoever is called, once; `over` rejects when that call did not go as it says. */
export async function sippCalled(options: SippCalled): Promise<{ readonly over: Promise<void> }> {
  const over = run(options.scenario, options, ['-p', String(options.port), '-m', '1']);
  // It may fail before anybody waits for it.
  over.catch(() => undefined);
  // SIP over UDP would come again, but a port where nobody listens says so.
  await Promise.race([over, until('SIPp listens', () => isTaken(options.port))]);
  return { over };
}

/** By the kernel's list: whoever tried the port would be in SIPp's way. */
async function isTaken(port: number): Promise<boolean> {
  const place = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  return (await readFile('/proc/net/udp', 'utf8'))
    .split('\n')
    .some((line) => line.slice(0, 24).includes(place));
}

async function run(
  scenario: string,
  { keys = {}, deadlineSeconds = 30 }: Pick<SippOptions, 'keys' | 'deadlineSeconds'>,
  what: readonly string[],
): Promise<void> {
  const file = fileURLToPath(new URL(`../interop/sipp/${scenario}.xml`, import.meta.url));
  // SIPp leaves its files where it runs.
  const folder = await mkdtemp(join(tmpdir(), 'sipp-'));
  // It takes no key for the status of a response.
  const { status = '', ...others } = keys;
  const text = (await readFile(file, 'utf8')).replaceAll('[status]', status);
  await writeFile(join(folder, 'scenario.xml'), text);
  const child = spawn(
    'sipp',
    [
      ...[...what, '-sf', join(folder, 'scenario.xml'), '-i', '127.0.0.1'],
      ...Object.entries(others).flatMap(([key, value]) => ['-key', key, value]),
      ...['-nostdin', '-timeout', String(deadlineSeconds), '-timeout_error'],
      ...['-trace_err', '-error_file', join(folder, 'errors')],
    ],
    { cwd: folder, stdio: 'ignore' },
  );
  const [code] = (await once(child, 'exit')) as [number | null];
  const errors = await readFile(join(folder, 'errors'), 'utf8').catch(() => '');
  await rm(folder, { recursive: true, force: true });
  if (code !== 0) throw new Error(`SIPp, ${scenario}: exit code ${code}\n${errors}`);
}

import { execFile } from 'node:child_process';
import { failed, leftOut, ok, warning } from '../finding.ts';
import type { Finding } from '../finding.ts';

/** Runs a program; null: it is not there, or failed. */
export type RunProgram = (
  program: string,
  args: readonly string[],
  signal: AbortSignal,
) => Promise<string | null>;

export const runProgram: RunProgram = (program, args, signal) =>
  new Promise((resolve) => {
    execFile(program, args, { signal, timeout: 2_000 }, (error, stdout) => resolve(error ? null : stdout));
  });

const advice = {
  why: 'Tokens, certificates and the times of records are only right by a right clock.',
  todo: 'Have it set by the network: timedatectl set-ntp true, or install chrony.',
};

/** Whether this machine's clock is set by the network. */
export async function checkClocks(run: RunProgram, signal: AbortSignal): Promise<readonly Finding[]> {
  const chrony = await run('chronyc', ['-n', 'tracking'], signal);
  if (chrony !== null) {
    const offset = /^System time\s*:\s*([\d.]+) seconds (fast|slow)/m.exec(chrony);
    if (/^Leap status\s*:\s*Normal/m.test(chrony))
      return [ok(`set by the network (chrony${offset ? `, ${Number(offset[1]).toFixed(3)} s off` : ''})`)];
    return [warning('chrony runs, but has not set this machine’s clock.', advice)];
  }
  const text = await run('timedatectl', ['show', '-p', 'NTPSynchronized', '--value'], signal);
  if (text?.trim() === 'yes') return [ok('set by the network (systemd)')];
  if (text?.trim() === 'no') return [warning('Nothing sets this machine’s clock by the network.', advice)];
  return [
    leftOut('not known who sets it', 'neither chronyc nor timedatectl answers here, as in a container'),
  ];
}

/** LiveKit takes a token a minute after its end. */
const failedMs = 30_000;
const warningMs = 2_000;

/**
 * How far another machine's clock is from ours, by a time that it told between our asking and its answer.
 * @param resolutionMs of the told time: 1000 for HTTP's Date
 */
export function skewFinding(
  who: string,
  toldMs: number,
  { askedMs, answeredMs }: { readonly askedMs: number; readonly answeredMs: number },
  resolutionMs: number,
): Finding | null {
  const early = toldMs + resolutionMs < askedMs ? toldMs + resolutionMs - askedMs : 0;
  const late = toldMs > answeredMs ? toldMs - answeredMs : 0;
  const offMs = early + late;
  if (Math.abs(offMs) < warningMs) return null;
  const what = `The clock of ${who} is ${(Math.abs(offMs) / 1000).toFixed(1)} s ${offMs < 0 ? 'behind' : 'ahead of'} ours.`;
  const more = { why: advice.why, todo: 'Have the clocks of both machines set by the network (NTP).' };
  return Math.abs(offMs) < failedMs ? warning(what, more) : failed(what, more);
}

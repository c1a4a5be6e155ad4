import { setTimeout as pause } from 'node:timers/promises';
import { withDeadline } from '../../mcu/deadline.ts';
import { failed, failedBy, worstOf } from './finding.ts';
import type { Finding, State } from './finding.ts';

/** One part of the installation. */
export interface Check {
  /** For machines; stays the same. */
  readonly id: string;
  readonly title: string;
  readonly deadlineMs: number;
  /** The signal aborts at the deadline. Whatever it throws is a failed check. */
  readonly run: (signal: AbortSignal) => readonly Finding[] | Promise<readonly Finding[]>;
}

export interface Checked {
  readonly id: string;
  readonly title: string;
  readonly state: State;
  readonly findings: readonly Finding[];
  readonly tookMs: number;
}

/** A check that has been aborted cleans up in this time; then nobody waits for it any more. */
const graceMs = 1_500;

/** Never rejects, and never takes longer than the check's deadline and the grace. */
export async function runCheck({ id, title, deadlineMs, run }: Check): Promise<Checked> {
  const beganMs = performance.now();
  const findings = await withDeadline(deadlineMs, [], (signal) =>
    Promise.race([
      new Promise<readonly Finding[]>((resolve) => resolve(run(signal))),
      tooLate(deadlineMs, signal),
    ]),
  ).catch((error: unknown) => [failedBy('This could not be looked at.', error, 'Tell the developers.')]);
  return { id, title, state: worstOf(findings), findings, tookMs: Math.round(performance.now() - beganMs) };
}

async function tooLate(deadlineMs: number, signal: AbortSignal): Promise<readonly Finding[]> {
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await pause(graceMs);
  return [
    failed(`It took longer than ${deadlineMs / 1000} s.`, {
      why: 'Something that was asked does not answer, or this machine is overloaded.',
      todo: 'Look at the load of this machine, and at the log of the part.',
    }),
  ];
}

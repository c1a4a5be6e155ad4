import { runCheck } from './check.ts';
import type { Check, Checked } from './check.ts';
import { leftOut } from './finding.ts';

/** A check, and those without which it would only say again what they have said. */
export interface Ordered extends Check {
  readonly after?: readonly string[];
}

/** Runs all side by side but for those that wait for others; gives each one's outcome, in the order of the list. */
export function runChecks(checks: readonly Ordered[]): readonly Promise<Checked>[] {
  const outcomes = new Map<string, Promise<Checked>>();
  for (const check of checks) {
    const before = (check.after ?? []).map((id) => outcomes.get(id)).filter((one) => one !== undefined);
    outcomes.set(check.id, before.length === 0 ? runCheck(check) : runAfter(check, before));
  }
  return [...outcomes.values()];
}

async function runAfter(check: Check, before: readonly Promise<Checked>[]): Promise<Checked> {
  const broken = (await Promise.all(before)).find(({ state }) => state === 'failed');
  if (!broken) return runCheck(check);
  const findings = [leftOut('not tried', `it needs what failed above: ${broken.title}`)];
  return { id: check.id, title: check.title, state: 'left-out', findings, tookMs: 0 };
}

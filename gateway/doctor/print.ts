import type { Checked } from './check.ts';
import { discreet } from './discreet.ts';
import { worstOf } from './finding.ts';
import type { Finding, State } from './finding.ts';

const names: Readonly<Record<State, string>> = {
  ok: 'ok',
  warning: 'WARNING',
  failed: 'FAILED',
  'left-out': 'left out',
};

const columns = { state: 10, title: 18 } as const;

/** One check for people: a line for what is well, three where something is to be done. */
export function inWords({ title, findings }: Checked, secrets: readonly string[] = []): string {
  const lines = findings.flatMap((finding, i) => linesOf(finding, i === 0 ? title : ''));
  return lines.map((line) => `${discreet(line, secrets)}\n`).join('');
}

function linesOf({ state, what, why, todo }: Finding, title: string): string[] {
  const indent = ' '.repeat(columns.state + columns.title);
  const head = `${names[state].padEnd(columns.state)}${title.padEnd(columns.title)}`;
  return [
    ...hanging(`${head}${what}`, indent),
    ...(why === undefined ? [] : hanging(`${indent}why: ${why}`, `${indent}     `)),
    ...(todo === undefined ? [] : hanging(`${indent}do:  ${todo}`, `${indent}     `)),
  ];
}

/** Text of others may have lines of its own. */
function hanging(text: string, indent: string): string[] {
  const [first, ...rest] = text.split('\n');
  return [first, ...rest.map((line) => indent + line.trim())];
}

/** The last line. */
export function summary(all: readonly Checked[], tookMs: number): string {
  const count = (state: State): number =>
    all.flatMap(({ findings }) => findings).filter((finding) => finding.state === state).length;
  const [bad, doubtful, missing] = [count('failed'), count('warning'), count('left-out')];
  const parts = [
    bad > 0 ? `${bad} failed` : 'Nothing failed',
    ...(doubtful > 0 ? [`${doubtful} ${doubtful === 1 ? 'warning' : 'warnings'}`] : []),
    ...(missing > 0 ? [`${missing} left out`] : []),
  ];
  return `${parts.join(', ')}, in ${Math.round(tookMs / 1000)} s.\n`;
}

/** All of it for machines; `ok` is what the exit code says. */
export function inJson(all: readonly Checked[], secrets: readonly string[]): string {
  const report = {
    ok: isWell(all),
    checks: all.map(({ id, title, state, findings, tookMs }) => ({ id, title, state, tookMs, findings })),
  };
  const text = (_key: string, value: unknown): unknown =>
    typeof value === 'string' ? discreet(value, secrets) : value;
  return `${JSON.stringify(report, text, 2)}\n`;
}

/** Warnings end with 0: the gateway takes calls. */
export function isWell(all: readonly Checked[]): boolean {
  return worstOf(all) !== 'failed';
}

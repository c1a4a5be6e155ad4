import type { AuditEntry } from './entry.ts';

type Details = AuditEntry['details'];

/** What was done, to be read before or after the name of what it was done to. */
const deeds: Readonly<Record<string, (details: Details) => string>> = {
  'plan.published': ({ version, enabled }) =>
    enabled === false ? `kept version ${text(version)} as a draft` : `published version ${text(version)}`,
  'plan.rolled-back': ({ version, to }) => `rolled back to version ${text(to)}, as version ${text(version)}`,
  'plan.taken-over': ({ from }) => `took it over from the file ${text(from)}`,
  'plan.removed': ({ version }) => `removed it at version ${text(version)}`,
  'canary.started': ({ version, numbers, share }) =>
    `began to try version ${text(version)} with ${triedWith(numbers, share)}`,
  'canary.ended': ({ version }) => `took version ${text(version)} back by hand`,
  'canary.promoted': ({ version }) => `put version ${text(version)} in force for all calls`,
  'guess.lifted': ({ misses }) => `let in again after ${text(misses)} wrong PINs`,
  'canary.taken-back': ({ version }) => `took version ${text(version)} back by itself`,
};

/** In words; of a later version as it is called. */
export function deedInWords({ action, details }: AuditEntry): string {
  const known = deeds[action] as ((details: Details) => string) | undefined;
  return known === undefined ? action.replace(/[.-]/g, ' ') : known(details);
}

/** Why: what somebody noted, or the gateway found. */
export function whyInWords({ details: { note, reason } }: AuditEntry): string {
  if (typeof note === 'string' && note !== '') return `“${note}”`;
  return typeof reason === 'string' ? reason : '';
}

function triedWith(numbers: unknown, share: unknown): string {
  const named = Array.isArray(numbers) ? (numbers as unknown[]).filter((one) => typeof one === 'string') : [];
  const whose = named.length === 0 ? 'calls' : `calls to ${named.join(', ')}`;
  return share === 100 ? `all ${whose}` : `${text(share)} % of the ${whose}`;
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '?';
}

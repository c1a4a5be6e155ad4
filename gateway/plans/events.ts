import type { PlanProblem } from '../../dialplans/errors.ts';
import type { EventType } from '../event-types.ts';
import { newEvent } from '../events.ts';
import type { AuditEntry, GatewayEvent, PlanEventData } from '../ports.ts';

/** What is told of what is done to plans, by the name that the audit has for it. */
const types: Readonly<Record<string, Extract<EventType, `plan.${string}`>>> = {
  'plan.published': 'plan.published',
  'plan.rolled-back': 'plan.rolled-back',
  'plan.taken-over': 'plan.taken-over',
  'plan.removed': 'plan.removed',
  'canary.started': 'plan.canary-started',
  'canary.promoted': 'plan.canary-promoted',
  'canary.ended': 'plan.canary-ended',
  'canary.taken-back': 'plan.canary-taken-back',
};

/** No call goes by that version from then on. */
const over: ReadonlySet<string> = new Set(['plan.removed', 'canary.ended', 'canary.taken-back']);

/** @param tenant the dial plan's, since a plan may be several tenants' */
export function planEvents(
  { at, by, action, subject, details }: Omit<AuditEntry, 'id'>,
  tenant: string,
): GatewayEvent[] {
  if (!(action in types)) return [];
  const { version, enabled, note, reason } = details;
  const data: PlanEventData = {
    plan: subject,
    version: typeof version === 'number' ? `v${version}` : null,
    enabled: enabled !== false && !over.has(action),
    by: by === 'gateway' ? null : by,
    note: typeof note === 'string' ? note : null,
    reason: typeof reason === 'string' ? reason : null,
  };
  return [newEvent(types[action], tenant, Date.parse(at), data)];
}

/** Newer files, or another gateway's plans, that don't count because of mistakes. */
export function refusal(problems: readonly PlanProblem[]): PlanEventData | null {
  const first = problems.at(0);
  if (first === undefined) return null;
  const others = problems.length === 1 ? '' : `, and ${problems.length - 1} more`;
  return {
    ...{ plan: first.file, version: null, enabled: false, by: null, note: null },
    reason: `${first.file}:${first.line}:${first.column}: ${first.message}${others}`,
  };
}

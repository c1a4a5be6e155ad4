import type { Condition } from '../dialplans/conditions.ts';
import type { Plans } from '../dialplans/store.ts';
import type { DialIn, PlanView } from './admin/context.ts';
import type { Config } from './config/schema.ts';
import type { Meeting, MeetingStore } from './ports.ts';

/** Addresses that people are told: the configured ones, never what a request claims. */
export function dialInOf(config: Config): DialIn {
  const host = config.publicIp || config.host;
  const sipHost = config.sip.port === 5060 ? host : `${host}:${config.sip.port}`;
  const scheme = config.http.tlsCert === '' ? 'http' : 'https';
  return {
    number: '1000',
    echoNumber: '9196',
    demoRoom: config.demo.room,
    sipUri: (user) => `sip:${user}@${sipHost}`,
    webUrl: (room) => `${scheme}://${host}:${config.http.port}/join/${encodeURIComponent(room)}`,
  };
}

/** A meeting to try things with; made once. */
export async function demoMeeting(
  config: Config,
  tenant: string,
  meetings: MeetingStore,
): Promise<Meeting | null> {
  const { room } = config.demo;
  if (room === '') return null;
  return (
    (await meetings.findByRoom(tenant, room)) ??
    (await meetings.create({ tenant, room, waitForHost: false, language: null }))
  );
}

export function describePlan(plans: Plans): PlanView {
  const plan = plans.current();
  return {
    name: plan.name,
    version: plan.version,
    rules: plan.rules.map((rule) => ({
      name: rule.name,
      action: rule.action.kind,
      when: rule.conditions.map(conditionText),
    })),
    problems: plans.problems(),
  };
}

function conditionText(condition: Condition): string {
  const { field, kind } = condition;
  const value = kind === 'regex' ? condition.value : condition.folded;
  return kind === 'exact' ? `${field} is ${value}` : `${field} ${kind} ${value}`;
}

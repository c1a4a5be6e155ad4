import { explain } from '../dialplans/resolve.ts';
import type { Plans } from '../dialplans/store.ts';
import { viewPlan } from '../dialplans/view.ts';
import type { DialIn, PlanDesk } from './admin/context.ts';
import { inUri, outsideAddress } from './config/outside.ts';
import type { Config } from './config/schema.ts';
import type { Meeting, MeetingStore } from './ports.ts';

/** Addresses that people are told: the configured ones, never what a request claims. */
export function dialInOf(config: Config): DialIn {
  const host = inUri(outsideAddress(config));
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

/** The plan as the API shows and tries it: the snapshot that calls use, with every rule explained. */
export function planDesk(plans: Plans): PlanDesk {
  return {
    view: () => viewPlan(plans.current(), plans.problems()),
    resolve: (input) => explain(plans.current(), input),
  };
}

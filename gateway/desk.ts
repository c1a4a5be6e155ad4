import type { Plan } from '../dialplans/plan.ts';
import { readPolicyAnswer } from '../dialplans/policy-answer.ts';
import { resolve, resolveAgain } from '../dialplans/resolve.ts';
import type { CallInput } from '../dialplans/types.ts';
import type { DialIn } from './admin/context.ts';
import type { Routing } from './calls/routing.ts';
import { usesDrachtio } from './config/drachtio.ts';
import { inUri, isLoopback, outsideAddress } from './config/outside.ts';
import type { Config } from './config/schema.ts';
import { messageOf } from './errors.ts';
import type { Log, Meeting, MeetingStore, PartStatus } from './ports.ts';
import type { OpenRecords } from './records/records.ts';
import { Tenants } from './tenants.ts';

/** Addresses that people are told: the configured ones, and a drachtio-server's own; never what a request claims. */
export function dialInOf(config: Config, sip: () => PartStatus, tenants = new Tenants(config)): DialIn {
  const host = inUri(outsideAddress(config));
  const sipHost = (): string => {
    const elsewhere = usesDrachtio(config) ? listensOn(sip()) : null;
    const [name, port] = elsewhere ?? [host, config.sip.port];
    return port === 5060 ? name : `${name}:${port}`;
  };
  const scheme = config.http.tlsCert === '' ? 'http' : 'https';
  const number = '1000';
  return {
    number,
    echoNumber: '9196',
    demoRoom: config.demo.room || null,
    sipUri: (user) => `sip:${user}@${sipHost()}`,
    webUrl: (room) => `${scheme}://${host}:${config.http.port}/join/${encodeURIComponent(room)}`,
    of: (tenant) => tenants.view(tenant, number),
  };
}

/**
 * From `udp/192.0.2.1:5060,tcp/192.0.2.1:5060`, as drachtio-server tells it; null: it has not told yet. One that also
 * listens on loopback does so for its neighbours.
 */
function listensOn({ detail = '' }: PartStatus): [host: string, port: number] | null {
  const all = [...detail.matchAll(/(?<=^|,)(?:udp|tcp)\/([^,]+):(\d+)(?=,|$)/g)];
  const found = all.find(([, host]) => !isLoopback(host)) ?? all.at(0);
  return found ? [found[1], Number(found[2])] : null;
}

interface DemoNeeds {
  readonly meetings: MeetingStore;
  readonly records: Pick<OpenRecords, 'isUsable' | 'whenUsable'>;
  readonly log: Log;
}

/** A meeting to try things with, made once; null: none is wanted, or the database can't be asked now (then it is made later). */
export async function demoMeeting(
  config: Config,
  tenant: string,
  { meetings, records, log }: DemoNeeds,
): Promise<Meeting | null> {
  const { room } = config.demo;
  if (room === '') return null;
  if (!records.isUsable) {
    records.whenUsable(() => void demoMeeting(config, tenant, { meetings, records, log }));
    return null;
  }
  try {
    return (
      (await meetings.findByRoom(tenant, room)) ??
      (await meetings.create({ tenant, room, waitForHost: false, language: null }))
    );
  } catch (error) {
    log.warn({ room, cause: messageOf(error) }, 'meeting of the demo can’t be had now');
    return null;
  }
}

/** What a call may ask of the plan that it came by. */
export function routingBy(plan: Plan, input: CallInput): Routing {
  return {
    resolution: resolve(plan, input),
    again: (before, called) => resolveAgain(plan, input, before, called),
    read: (answer, before) => {
      const { action, problems } = readPolicyAnswer(plan, before, input.trunk, answer);
      return problems === null ? action : problems.join('; ');
    },
  };
}

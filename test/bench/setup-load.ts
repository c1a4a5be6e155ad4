/** Calls at an even pace over one transport: INVITE, 200, ACK, BYE. */
import { setTimeout as pause } from 'node:timers/promises';
import { plainSdp, SipUa } from '../support/sip-ua.ts';
import type { UaOptions } from '../support/sip-ua.ts';
import { round, spread } from './numbers.ts';
import type { Spread } from './numbers.ts';
import { readProcess } from './processes.ts';

/** How long a call may take to its 200; nothing is sent twice, so a lost datagram is a failed call. */
const answerMs = 4000;

export interface SetupOptions {
  readonly ua: UaOptions;
  /** One connection for each call, as devices have it that don't register; otherwise one for all, as a trunk's. */
  readonly connectionEach: boolean;
  /** Whom each call is for; calls are counted from 0. */
  readonly uri: (call: number) => string;
  readonly perSecond: number;
  readonly seconds: number;
  /** From the 200 to the BYE. */
  readonly holdMs: number;
  /** The process whose CPU is counted. */
  readonly pid: number | null;
}

export interface SetupStage {
  readonly perSecond: number;
  readonly calls: number;
  readonly failed: number;
  /** Calls that got their 200, by the time that it took to get all of them. */
  readonly attained: number;
  /** From the wish to call, connecting included where each call has its connection, to the 200, ms. */
  readonly answered: Spread;
  /** Of the process, from the first INVITE to the last BYE, ms per call. */
  readonly cpuMs: number | null;
}

export async function setupStage(options: SetupOptions): Promise<SetupStage> {
  const { ua: uaOptions, connectionEach, perSecond, seconds, pid } = options;
  const shared = connectionEach ? null : await SipUa.open(uaOptions);
  const cpuSeconds = (): number => (pid === null ? 0 : readProcess(pid).cpuSeconds);
  const cpuBefore = cpuSeconds();
  const beganMs = performance.now();
  let lastMs = beganMs;
  const calls: Promise<number | null>[] = [];
  for (let number = 0; number < perSecond * seconds; number++) {
    const waitMs = beganMs + (number * 1000) / perSecond - performance.now();
    if (waitMs > 1) await pause(waitMs);
    const call = oneCall(options, shared, number).catch(() => null);
    calls.push(call.finally(() => (lastMs = performance.now())));
  }
  const times = await Promise.all(calls);
  const cpu = cpuSeconds() - cpuBefore;
  await shared?.close();
  const answered = spread(times.map((took) => (took !== null && took <= answerMs ? took : null)));
  return {
    perSecond,
    calls: times.length,
    failed: times.length - answered.count,
    attained: round((answered.count * 1000) / (lastMs - beganMs), 0),
    answered,
    cpuMs: pid === null ? null : round((cpu * 1000) / times.length, 2),
  };
}

/** Its time to the 200, ms. Rejects when it got none. */
async function oneCall(options: SetupOptions, shared: SipUa | null, number: number): Promise<number> {
  const beganMs = performance.now();
  const ua = shared ?? (await SipUa.open(options.ua));
  try {
    const call = ua.invite(options.uri(number), { body: plainSdp() });
    await call.response(200, answerMs);
    const tookMs = performance.now() - beganMs;
    call.ack();
    if (options.holdMs > 0) await pause(options.holdMs);
    await call.request('BYE');
    // Provisional responses that nobody asked for.
    ua.takeUnread();
    return tookMs;
  } finally {
    if (!shared) await ua.close();
  }
}

import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { EndReason, NoVideoReason } from '../reasons.ts';
import { watchPictures } from './picture-metrics.ts';
import type { NodePictures } from './picture-metrics.ts';
import type {
  GuessView,
  LegStats,
  MixingServerStatus,
  ServerStatus,
  TrunkState,
  WebhookStatus,
} from '../ports.ts';
import { watchMixing } from './mixing-metrics.ts';
import { createPlanMetrics } from './plan-metrics.ts';
import type { PlanMetrics } from './plan-metrics.ts';
import { createQualityMetrics } from './quality-metrics.ts';
import { watchGuesses, watchWebhooks } from './meeting-metrics.ts';
import { watchSipCounters } from './sip-metrics.ts';
import type { AskSipCounters } from './sip-metrics.ts';

/** What Prometheus sees of the gateway. No label ever holds a number, a PIN or a room's name. */
export interface Metrics extends PlanMetrics {
  readonly contentType: string;
  /** The exposition text. */
  render(): Promise<string>;
  /** States of the live calls; asked for at each scrape. */
  watchCalls(states: () => readonly string[]): void;
  /** Parts by name and whether they are up; asked for at each scrape. */
  watchParts(list: () => readonly { readonly part: string; readonly up: boolean }[]): void;
  /** Trunks that are pinged and whether they answer; asked for at each scrape. */
  watchTrunks(list: () => readonly TrunkState[]): void;
  /** SIP servers that calls come by; asked for at each scrape. */
  watchSipServers(list: () => readonly ServerStatus[]): void;
  /** Processes of the gateway and how often they were started again, since it runs; asked for at each scrape. */
  watchProcesses(list: () => readonly ProcessRestarts[]): void;
  /** Picture processes of the media nodes that have one; asked for at each scrape. */
  watchPictures(list: () => readonly NodePictures[]): void;
  /** FreeSWITCHes that mix; asked for at each scrape. */
  watchMixing(list: () => readonly MixingServerStatus[]): void;
  /** Who is slowed or blocked for wrong PINs; asked for at each scrape. */
  watchGuesses(list: () => readonly GuessView[]): void;
  /** How webhooks go; asked for at each scrape. */
  watchWebhooks(status: () => WebhookStatus): void;
  /** Counters of the embedded SIP edge; asked for at each scrape. */
  watchSip(ask: AskSipCounters): void;
  callEnded(call: {
    protocol: string;
    reason: EndReason;
    /** Null: never answered. */
    setupSeconds: number | null;
    talkSeconds: number | null;
    /** Null: it had video, or none was asked for. */
    noVideo: NoVideoReason | null;
    /** Null: no media. */
    media: Pick<LegStats, 'quality' | 'rttMs' | 'encryption' | 'video'> | null;
  }): void;
  pinTried(outcome: 'right' | 'wrong' | 'slowed' | 'blocked', where: 'call' | 'page'): void;
  httpAnswered(request: { method: string; route: string; status: number; seconds: number }): void;
}

export interface ProcessRestarts {
  readonly process: string;
  readonly restarts: number;
  /** Of these because it hung. */
  readonly hangs: number;
}

const setupBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const talkBuckets = [10, 30, 60, 300, 900, 1800, 3600, 7200, 14_400];

/** A registry of its own, so that two gateways in one process (tests) don't share counters. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: 'gateway_' });

  const ended = new Counter({
    name: 'gateway_calls_ended_total',
    help: 'Calls that are over, by protocol and reason',
    labelNames: ['protocol', 'reason'],
    registers,
  });
  const setup = new Histogram({
    name: 'gateway_call_setup_seconds',
    help: 'Time from the first message of a call to its answer',
    buckets: setupBuckets,
    registers,
  });
  const talk = new Histogram({
    name: 'gateway_call_duration_seconds',
    help: 'Time from answer to end',
    buckets: talkBuckets,
    registers,
  });
  const encrypted = new Counter({
    name: 'gateway_calls_encryption_total',
    help: 'Calls that had media and are over, by how it was encrypted',
    labelNames: ['encryption'],
    registers,
  });
  const video = new Counter({
    name: 'gateway_calls_video_total',
    help: 'Calls with video that are over, by what the device sent and was sent, and how its camera went into the room',
    labelNames: ['received', 'sent', 'published'],
    registers,
  });
  const withoutVideo = new Counter({
    name: 'gateway_calls_without_video_total',
    help: 'Calls that are over and had their voice only though video was asked for, by reason',
    labelNames: ['reason'],
    registers,
  });
  const quality = createQualityMetrics(registry);
  const pins = new Counter({
    name: 'gateway_pin_tries_total',
    help: 'PINs that were typed, by outcome and by where (call or page)',
    labelNames: ['outcome', 'where'],
    registers,
  });
  const http = createHttpTimes(registers);

  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    ...watchers(registry),
    callEnded({ protocol, reason, setupSeconds, talkSeconds, noVideo, media }) {
      ended.inc({ protocol, reason });
      if (setupSeconds !== null) setup.observe(setupSeconds);
      if (talkSeconds !== null) talk.observe(talkSeconds);
      if (noVideo !== null) withoutVideo.inc({ reason: noVideo });
      if (!media) return;
      quality(media);
      if (media.encryption !== null) encrypted.inc({ encryption: media.encryption });
      if (media.video) video.inc(videoLabels(media.video));
    },
    ...createPlanMetrics(registry),
    pinTried: (outcome, where) => pins.inc({ outcome, where }),
    httpAnswered: ({ method, route, status, seconds }) =>
      http.observe({ method, route, status: String(status) }, seconds),
  };
}

function createHttpTimes(registers: Registry[]) {
  return new Histogram({
    name: 'gateway_http_request_seconds',
    help: 'Time to answer HTTP requests',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10],
    registers,
  });
}

/** What is asked for at each scrape. */
function watchers(registry: Registry) {
  return {
    watchCalls: (states) => watchCalls(registry, states),
    watchParts: (list) => watchParts(registry, list),
    watchTrunks: (list) => watchTrunks(registry, list),
    watchSipServers: (list) => watchSipServers(registry, list),
    watchProcesses: (list) => watchProcesses(registry, list),
    watchPictures: (list) => watchPictures(registry, list),
    watchMixing: (list) => watchMixing(registry, list),
    watchGuesses: (list) => watchGuesses(registry, list),
    watchWebhooks: (status) => watchWebhooks(registry, status),
    watchSip: (ask) => watchSipCounters(registry, ask),
  } satisfies Partial<Metrics>;
}

function videoLabels({ received, sent, published }: NonNullable<LegStats['video']>) {
  const transcoded = published?.transcoded === true ? 'transcoded' : 'untouched';
  return {
    received: received?.codec ?? 'none',
    sent: sent?.profile.codec ?? 'none',
    published: published === null ? 'none' : transcoded,
  };
}

function watchCalls(registry: Registry, states: () => readonly string[]): void {
  new Gauge({
    name: 'gateway_calls_live',
    help: 'Calls that are up now, by state',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.reset();
      for (const state of states()) this.inc({ state });
    },
  });
}

function watchTrunks(registry: Registry, list: () => readonly TrunkState[]): void {
  new Gauge({
    name: 'gateway_trunk_up',
    help: '1: the trunk answered its last ping, 0: it did not; trunks that are pinged',
    labelNames: ['trunk'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { trunk, up } of list()) this.set({ trunk }, up ? 1 : 0);
    },
  });
}

function watchSipServers(registry: Registry, list: () => readonly ServerStatus[]): void {
  new Gauge({
    name: 'gateway_sip_server_up',
    help: '1: the SIP server is connected, 0: it is not',
    labelNames: ['server'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { server, state } of list()) this.set({ server }, state === 'up' ? 1 : 0);
    },
  });
}

function watchProcesses(registry: Registry, list: () => readonly ProcessRestarts[]): void {
  new Counter({
    name: 'gateway_process_restarts_total',
    help: 'Starts of a process in place of one that died, or that hung and was killed',
    labelNames: ['process', 'cause'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { process, restarts, hangs } of list()) {
        this.inc({ process, cause: 'died' }, restarts - hangs);
        this.inc({ process, cause: 'hung' }, hangs);
      }
    },
  });
}

function watchParts(
  registry: Registry,
  list: () => readonly { readonly part: string; readonly up: boolean }[],
): void {
  new Gauge({
    name: 'gateway_part_up',
    help: '1: the part works, 0: it does not; the parts of /readyz',
    labelNames: ['part'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { part, up } of list()) this.set({ part }, up ? 1 : 0);
    },
  });
}

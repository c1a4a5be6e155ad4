import type { CallInput, Resolution } from '../../dialplans/types.ts';
import { messageOf } from '../errors.ts';
import { isRefused } from '../events.ts';
import { maskNumber, maskUser } from '../observe/mask.ts';
import type {
  CallFacts,
  CallRecord,
  CallRecordKeeper,
  CallRegistry,
  CallView,
  Leg,
  MediaNode,
  RefusedCall,
} from '../ports.ts';
import type { EndReason } from '../reasons.ts';
import { Call } from './call.ts';
import type { CallDeps } from './call-deps.ts';
import { tellStarted } from './call-events.ts';
import { KnownRooms } from './known-rooms.ts';
import { Refusals } from './refusals.ts';
import { recordOf } from './report.ts';
import { inputOf } from './routing.ts';
import type { Routing } from './routing.ts';
import { Sources } from './sources.ts';
import type { Action } from './types.ts';
import { RoomTones } from './tones.ts';

export interface CallsOptions extends Omit<
  CallDeps,
  'node' | 'tones' | 'knownRooms' | 'onChanged' | 'onEnded' | 'onBridgeChanged' | 'onBridgeEnded'
> {
  readonly maxCalls: number;
  /** Of one address that is no trunk's. */
  readonly maxCallsPerSource: number;
  /** Null: no media node can take a call now. */
  readonly pickNode: () => MediaNode | null;
  /** Asks the dial plan: for the call of that id, which a canary may be for. */
  readonly route: (input: CallInput, id: string) => Routing;
  /** False: there may be rules that are not known yet, since the database is away. */
  readonly plansKnown: () => boolean;
  readonly records: CallRecordKeeper;
  /** For metrics: every call, refused ones too. */
  readonly onRecord: (record: CallRecord) => void;
}

/** All live calls: takes legs from the edges, decides by the dial plan, and answers what the API asks. */
export class Calls implements CallRegistry {
  readonly #options: CallsOptions;
  readonly #live = new Map<string, Call>();
  readonly #tones: RoomTones;
  readonly #knownRooms: KnownRooms;
  readonly #refusals: Refusals;
  readonly #sources: Sources;
  #closing = false;

  constructor(options: CallsOptions) {
    this.#options = options;
    this.#knownRooms = new KnownRooms(options.meetings, options.log);
    this.#sources = new Sources(options.maxCallsPerSource);
    this.#refusals = new Refusals({
      keep: (record) => options.records.keepCall(record),
      clock: options.clock,
    });
    this.#tones = new RoomTones((room, file) => {
      options
        .pickNode()
        ?.playToRoom(room, [file])
        .catch((error: unknown) => options.log.warn({ cause: messageOf(error) }, 'tone not played'));
    });
  }

  get size(): number {
    return this.#live.size;
  }

  /** As the views name them, without asking the media nodes for anything. */
  states(): readonly string[] {
    return [...this.#live.values()].map((call) => call.state);
  }

  /** An edge's door. Every leg gets a final answer, whatever happens here. */
  accept(leg: Leg): void {
    const shut = this.#doorShut(leg);
    if (shut !== null) {
      this.#refuse(leg, shut, null);
      return;
    }
    try {
      this.#route(leg);
    } catch (error) {
      this.#options.log.error({ call: leg.id, cause: messageOf(error) }, 'call not routed');
      this.#turnAway(leg, 'internal-error', null);
    }
  }

  /** An edge refused it by itself. */
  keepRefused({ id, facts, reason, answer }: RefusedCall): void {
    const now = new Date(this.#options.clock.nowMs()).toISOString();
    const record = recordOf({ ...neverAnswered, id, facts, resolution: null, startedAt: now }, reason, now);
    this.#keepRefused({ ...record, trace: { refused: answer } }, facts);
  }

  async list(): Promise<readonly CallView[]> {
    return (await Promise.all([...this.#live.values()].map((call) => call.views()))).flat();
  }

  async get(id: string): Promise<CallView | null> {
    const views = (await this.#callOf(id)?.views()) ?? [];
    return views.find((view) => view.id === id) ?? null;
  }

  hangUp(id: string, reason: EndReason): Promise<boolean> {
    const call = this.#callOf(id);
    call?.stop(reason, null);
    return Promise.resolve(call !== undefined);
  }

  /** What all of them need is gone for good. */
  endAll(reason: EndReason): void {
    for (const call of this.#live.values()) call.stop(reason, null);
  }

  setMuted(id: string, muted: boolean): Promise<boolean> {
    return Promise.resolve(this.#live.get(id)?.setMuted(muted) ?? false);
  }

  /** Either side of a call names it. */
  #callOf(id: string): Call | undefined {
    return this.#live.get(id) ?? [...this.#live.values()].find((call) => call.otherId === id);
  }

  /** Ends all calls with a BYE and takes no more. */
  async close(): Promise<void> {
    this.#closing = true;
    const calls = [...this.#live.values()];
    for (const call of calls) call.stop('shutting-down', null);
    await Promise.allSettled(calls.map((call) => call.over()));
    this.#refusals.flush();
  }

  /** Why no call can come in now; null: it is counted, until it is turned away or over. */
  #doorShut({ facts }: Leg): EndReason | null {
    if (this.#closing) return 'shutting-down';
    if (this.#live.size >= this.#options.maxCalls) return 'too-many-calls';
    return this.#sources.enter(facts) ? null : 'source-limit';
  }

  #route(leg: Leg): void {
    const routing = this.#options.route(inputOf(leg.facts, this.#options.clock.nowMs()), leg.id);
    const { resolution } = routing;
    const { action } = resolution.route;
    if (action.kind === 'reject' && action.prompt === null) {
      this.#turnAway(leg, this.#whyRejected(action), resolution);
      return;
    }
    const node = this.#options.pickNode();
    if (node) this.#begin(leg, routing, node);
    else this.#turnAway(leg, 'media-unavailable', resolution);
  }

  #whyRejected({ why }: Action<'reject'>): EndReason {
    if (why !== 'no-route') return 'rejected-by-plan';
    // 503: another gateway may know its way.
    return this.#options.plansKnown() ? 'no-route' : 'database-unavailable';
  }

  #begin(leg: Leg, routing: Routing, node: MediaNode): void {
    const { log } = this.#options;
    const { facts } = leg;
    const call = new Call(leg, routing, {
      ...this.#options,
      node,
      tones: this.#tones,
      knownRooms: this.#knownRooms,
      onChanged: (live) => this.#options.records.noteLive(live),
      onBridgeChanged: (live) => this.#options.records.noteLive(live),
      onBridgeEnded: (record) => {
        this.#options.records.keepCall(record);
        this.#options.onRecord(record);
      },
      onEnded: (record) => {
        this.#live.delete(record.id);
        this.#sources.leave(facts);
        this.#keep(record, facts);
      },
    });
    this.#live.set(call.id, call);
    tellStarted(this.#options.events, call.snapshot());
    log.info(
      {
        call: leg.id,
        to: maskNumber(facts.to.user),
        from: maskUser(facts.from.user),
        rule: routing.resolution.route.rule,
      },
      'call routed',
    );
    call.begin();
  }

  #turnAway(leg: Leg, reason: EndReason, resolution: Resolution | null): void {
    this.#sources.leave(leg.facts);
    this.#refuse(leg, reason, resolution);
  }

  #refuse(leg: Leg, reason: EndReason, resolution: Resolution | null): void {
    const { log, clock } = this.#options;
    const { facts } = leg;
    const now = new Date(clock.nowMs()).toISOString();
    log.info(
      { call: leg.id, to: maskNumber(facts.to.user), from: maskUser(facts.from.user), reason },
      'call refused',
    );
    const action = resolution?.route.action;
    leg
      .end(reason, action?.kind === 'reject' ? { status: action.code, text: action.text } : null)
      .catch((error: unknown) => log.warn({ call: leg.id, cause: messageOf(error) }, 'refusal not sent'));
    const call = { ...neverAnswered, id: leg.id, facts, resolution, startedAt: now };
    this.#keepRefused(recordOf(call, reason, now), facts);
  }

  #keepRefused(record: CallRecord, { source }: CallFacts): void {
    this.#refusals.add(record, source.address);
    this.#options.onRecord(record);
  }

  /** A flood of calls that come to nothing must not fill the database, whoever lets them come to it. */
  #keep(record: CallRecord, facts: CallFacts): void {
    if (isRefused(record)) {
      this.#keepRefused(record, facts);
      return;
    }
    this.#options.records.keepCall(record);
    this.#options.onRecord(record);
  }
}

const neverAnswered = {
  ...{ answeredAt: null, room: null, participant: null, noVideo: null, media: null },
  steps: [],
};

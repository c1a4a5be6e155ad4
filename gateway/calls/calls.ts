import type { CallInput, Resolution, RouteAction } from '../../dialplans/types.ts';
import { LegError, messageOf } from '../errors.ts';
import { inTime } from '../in-time.ts';
import { maskNumber, maskUser } from '../observe/mask.ts';
import type {
  CallFacts,
  CallRecord,
  CallRegistry,
  CallView,
  Leg,
  MediaNode,
  Records,
  RefusedCall,
} from '../ports.ts';
import type { EndReason } from '../reasons.ts';
import { isMeetingNumber } from '../rooms/numbers.ts';
import { byNumber, byRoom, plainVoice } from './arrival.ts';
import type { Beginning } from './arrival.ts';
import { Call } from './call.ts';
import type { CallDeps } from './call-deps.ts';
import { Refusals } from './refusals.ts';
import { recordOf } from './report.ts';
import { Sources } from './sources.ts';
import { RoomTones } from './tones.ts';

export interface CallsOptions extends Omit<CallDeps, 'node' | 'tones' | 'onChanged' | 'onEnded'> {
  readonly maxCalls: number;
  /** Of one address that is no trunk's. */
  readonly maxCallsPerSource: number;
  /** Null: no media node can take a call now. */
  readonly pickNode: () => MediaNode | null;
  readonly resolve: (input: CallInput) => Resolution;
  readonly records: Records;
  /** For metrics: every call, refused ones too. */
  readonly onRecord: (record: CallRecord) => void;
}

/** How long a caller waits, unanswered, for the database. */
const databaseMs = 5000;

type JoinAction = Extract<RouteAction, { kind: 'join' }>;

/** All live calls: takes legs from the edges, decides by the dial plan, and answers what the API asks. */
export class Calls implements CallRegistry {
  readonly #options: CallsOptions;
  readonly #live = new Map<string, Call>();
  readonly #tones: RoomTones;
  readonly #refusals: Refusals;
  readonly #sources: Sources;
  /** Legs whose room is being looked up; they count for the limit. */
  #arriving = 0;
  #closing = false;

  constructor(options: CallsOptions) {
    this.#options = options;
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
    this.#route(leg).catch((error: unknown) => {
      this.#options.log.error({ call: leg.id, cause: messageOf(error) }, 'call not routed');
      this.#turnAway(leg, error instanceof LegError ? error.reason : 'internal-error', null);
    });
  }

  /** An edge refused it by itself. */
  keepRefused({ id, facts, reason, answer }: RefusedCall): void {
    const now = new Date(this.#options.clock.nowMs()).toISOString();
    const record = recordOf({ ...neverAnswered, id, facts, resolution: null, startedAt: now }, reason, now);
    this.#keepRefused({ ...record, trace: { refused: answer } }, facts);
  }

  async list(): Promise<readonly CallView[]> {
    return Promise.all([...this.#live.values()].map((call) => call.view()));
  }

  async get(id: string): Promise<CallView | null> {
    return (await this.#live.get(id)?.view()) ?? null;
  }

  hangUp(id: string, reason: EndReason): Promise<boolean> {
    const call = this.#live.get(id);
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
    if (this.#live.size + this.#arriving >= this.#options.maxCalls) return 'too-many-calls';
    return this.#sources.enter(facts) ? null : 'source-limit';
  }

  async #route(leg: Leg): Promise<void> {
    const resolution = this.#options.resolve(inputOf(leg, this.#options.clock.nowMs()));
    const { route } = resolution;
    const { action } = route;
    if (action.kind === 'reject') {
      this.#turnAway(leg, action.why === 'no-route' ? 'no-route' : 'rejected-by-plan', resolution);
      return;
    }
    const node = this.#options.pickNode();
    if (!node) {
      this.#turnAway(leg, 'media-unavailable', resolution);
      return;
    }
    if (action.kind !== 'ask-pin' && action.kind !== 'echo' && action.kind !== 'join') {
      this.#turnAway(leg, 'rejected-by-plan', resolution);
      return;
    }
    const beginning =
      action.kind === 'join'
        ? await this.#wayTo(route.tenant, action)
        : { purpose: action.kind, voice: plainVoice, meeting: null };
    if (this.#isClosing()) this.#turnAway(leg, 'shutting-down', resolution);
    else this.#begin(leg, resolution, beginning, node);
  }

  #begin(leg: Leg, resolution: Resolution, beginning: Beginning, node: MediaNode): void {
    const { log } = this.#options;
    const call = new Call(leg, resolution, beginning, {
      ...this.#options,
      node,
      tones: this.#tones,
      onChanged: (live) => this.#options.records.noteLive(live),
      onEnded: (record) => {
        this.#live.delete(record.id);
        this.#sources.leave(leg.facts);
        this.#keep(record);
      },
    });
    this.#live.set(call.id, call);
    log.info(
      {
        call: leg.id,
        to: maskNumber(leg.facts.to.user),
        from: maskUser(leg.facts.from.user),
        rule: resolution.route.rule,
      },
      'call routed',
    );
    void call.run();
  }

  /** A room that a meeting names follows the meeting's rules, by whichever door somebody comes. */
  async #wayTo(tenant: string, action: JoinAction): Promise<Beginning> {
    this.#arriving += 1;
    try {
      const looking = this.#lookUp(tenant, action);
      return await inTime(databaseMs, 'database-unavailable', looking);
    } finally {
      this.#arriving -= 1;
    }
  }

  async #lookUp(tenant: string, action: JoinAction): Promise<Beginning> {
    const { meetings } = this.#options;
    const { room } = action;
    const named = await meetings.findByRoom(tenant, room);
    const numbered =
      named === null && isMeetingNumber(room) ? await meetings.findByNumber(tenant, room) : null;
    return numbered === null ? byRoom(action, named, this.#options) : byNumber(numbered, this.#options);
  }

  /** Asked again after a wait: the compiler takes the first answer for the last. */
  #isClosing(): boolean {
    return this.#closing;
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

  #keep(record: CallRecord): void {
    this.#options.records.keepCall(record);
    this.#options.onRecord(record);
  }
}

const neverAnswered = {
  ...{ answeredAt: null, room: null, participant: null, noVideo: null, media: null },
  steps: [],
};

function inputOf(leg: Leg, nowMs: number): CallInput {
  const { facts } = leg;
  return {
    protocol: facts.protocol,
    transport: facts.transport,
    trunk: facts.trunk,
    called: { user: facts.to.user, uri: facts.to.uri },
    calling: { user: facts.from.user, uri: facts.from.uri },
    source: facts.source.address,
    registered: false,
    verstat: 'none',
    headers: facts.headers,
    language: null,
    at: nowMs,
  };
}

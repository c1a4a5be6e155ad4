/** Calls without edge, media and LiveKit. */
import { EventEmitter } from 'node:events';
import { Calls } from '../../../../gateway/calls/calls.ts';
import type { CallsOptions } from '../../../../gateway/calls/calls.ts';
import type { CallRules } from '../../../../gateway/calls/types.ts';
import { LegError } from '../../../../gateway/errors.ts';
import { systemClock } from '../../../../gateway/observe/clock.ts';
import type {
  CallOut,
  CallRecord,
  LiveCall,
  Leg,
  LegEvents,
  MediaLeg,
  MeetingStore,
  OutgoingLeg,
  OutgoingLegEvents,
  Refusal,
  RoomService,
} from '../../../../gateway/ports.ts';
import { PromptFolder, shippedPromptFolder } from '../../../../gateway/prompts/prompts.ts';
import type { EndReason } from '../../../../gateway/reasons.ts';
import { MemoryGuessGuard } from '../../../../gateway/rooms/guess-guard.ts';
import { FakeMediaNode } from '../../../fakes/media-node.ts';
import type { FakeMediaLeg } from '../../../fakes/media-node.ts';
import { decided, joinRoom, plainAskPin, routed } from '../../../support/dial-plan.ts';
import { quietLog } from '../../../support/quiet-log.ts';
import type { LogLine } from '../../../support/quiet-log.ts';

/** A leg without a wire: answers at once, remembers how it ended. */
export class FakeLeg implements Leg {
  readonly facts: Leg['facts'];
  readonly node: FakeMediaNode;
  readonly id: string;
  readonly dialog = null;
  ended: EndReason | null = null;
  refusal: Refusal | null = null;
  /** Where it was sent. */
  transferredTo: string | null = null;
  /** What its device says to a transfer. */
  takesTransfers: boolean | Promise<boolean> = true;
  /** Whether its device answers when it is asked for a sign of life. */
  alive = true;
  /** Whether its offer can be answered at all. */
  answerable = true;
  /** Whether its device plays what comes before the answer. */
  hearsEarly = false;
  /** How often it rang. */
  rings = 0;
  noVideo: Leg['noVideo'] = null;
  readonly #events = new EventEmitter();
  #media: Promise<MediaLeg> | null = null;

  constructor(id: string, node: FakeMediaNode, called = 'weekly', trunk: string | null = null) {
    this.id = id;
    this.node = node;
    const party = (user: string) => ({ uri: `sip:${user}@test`, user, host: 'test', displayName: '' });
    this.facts = {
      protocol: 'sip',
      transport: 'udp',
      source: { address: '127.0.0.1', port: 5060 },
      from: party('4930111222'),
      to: party(called),
      trunk,
      wireCallId: id,
      headers: {},
      verstat: 'none',
      language: null,
    };
  }

  on<E extends keyof LegEvents>(event: E, listener: (...args: LegEvents[E]) => void): void {
    this.#events.on(event, listener as (...args: unknown[]) => void);
  }
  /** Its device, or the way there, ends it. */
  leave(reason: EndReason): void {
    this.#events.emit('ended', reason);
  }
  check(): void {
    if (!this.answerable) throw new LegError('no-common-codec');
  }
  ring(): Promise<void> {
    this.rings += 1;
    return Promise.resolve();
  }
  async hearEarly(): Promise<MediaLeg | null> {
    return this.hearsEarly ? this.#open() : null;
  }
  async answer(): Promise<MediaLeg> {
    if (this.ended) throw new LegError(this.ended);
    return this.#open();
  }
  #open(): Promise<MediaLeg> {
    return (this.#media ??= this.node.openLeg(this.id));
  }
  async transfer(to: string): Promise<boolean> {
    this.transferredTo = to;
    return this.takesTransfers;
  }
  end(reason: EndReason, refusal: Refusal | null = null): Promise<void> {
    this.ended ??= reason;
    this.refusal ??= refusal;
    return Promise.resolve();
  }
  isAlive(): Promise<boolean> {
    return Promise.resolve(this.alive);
  }
}

/** The other side of a bridge, without a wire: rings until the test says what becomes of it. */
export class FakeOutgoingLeg implements OutgoingLeg {
  readonly id = 'other';
  readonly facts: OutgoingLeg['facts'];
  readonly asked: CallOut;
  readonly dialog = null;
  ended: EndReason | null = null;
  pressed = '';
  alive = true;
  media: FakeMediaLeg | null = null;
  readonly #node: FakeMediaNode;
  readonly #events = new EventEmitter();
  readonly #outcome: Promise<EndReason | null>;
  #decide: (outcome: EndReason | null) => void = () => undefined;

  constructor(call: CallOut, node: FakeMediaNode) {
    this.asked = call;
    this.#outcome = new Promise((resolve) => (this.#decide = resolve));
    this.#node = node;
    const to = { uri: `sip:${call.number}@test`, user: call.number, host: 'test', displayName: '' };
    this.facts = { ...call.caller, to, trunk: call.trunk.name };
  }

  on<E extends keyof OutgoingLegEvents>(event: E, listener: (...args: OutgoingLegEvents[E]) => void): void {
    this.#events.on(event, listener as (...args: unknown[]) => void);
  }
  async call(): Promise<MediaLeg> {
    this.media = await this.#node.openLeg(this.id);
    const failure = await this.#outcome;
    if (failure !== null) throw new LegError(failure);
    return this.media;
  }
  ring(): void {
    this.#events.emit('ringing');
  }
  /** It is heard, and has not answered. */
  announce(): void {
    this.#events.emit('early', this.media);
  }
  answer(): void {
    this.#decide(null);
  }
  fail(reason: EndReason): void {
    this.#decide(reason);
  }
  hangUp(): void {
    this.#events.emit('ended', 'other-side-hung-up');
  }
  press(keys: string): Promise<void> {
    this.pressed += keys;
    return Promise.resolve();
  }
  async end(reason: EndReason): Promise<void> {
    if (this.ended !== null) return;
    this.ended = reason;
    this.#decide(reason);
    await this.media?.close();
  }
  isAlive(): Promise<boolean> {
    return Promise.resolve(this.alive);
  }
}

export const rules: CallRules = {
  pinTries: 3,
  pinSeconds: 9,
  digitSeconds: 9,
  maxDurationMinutes: 9,
  emptyRoomMinutes: 9,
  layout: 'auto',
};

export function build(node = new FakeMediaNode(), more: Partial<CallsOptions> = {}) {
  const records: CallRecord[] = [];
  const noted: LiveCall[] = [];
  const lines: LogLine[] = [];
  const outgoing: FakeOutgoingLeg[] = [];
  const meetings = { findByRoom: () => Promise.resolve(null) };
  const rooms = {
    register: () => undefined,
    isTaken: () => false,
    registered: () => [],
    forget: () => Promise.resolve(),
  };
  const calls = new Calls({
    maxCalls: 10,
    maxCallsPerSource: 10,
    pickNode: () => node,
    route: () => routed(decided(joinRoom('weekly'))),
    plansKnown: () => true,
    policies: {
      ask: () => Promise.resolve({ kind: 'failed', why: 'unreachable', detail: 'no policy here' }),
    },
    records: {
      noteLive: (call: LiveCall) => noted.push(call),
      keepCall: (record: CallRecord) => records.push(record),
    },
    onRecord: () => undefined,
    callOut: (call) => {
      const leg = new FakeOutgoingLeg(call, node);
      outgoing.push(leg);
      return leg;
    },
    trunk: (name) => ({ name, sources: [], srtp: 'off', video: false, tls: false, to: ['sip:carrier.test'] }),
    rooms: rooms as unknown as RoomService,
    meetings: meetings as unknown as MeetingStore,
    guard: new MemoryGuessGuard({
      limits: { freeMisses: 5, blockAfter: 15, windowMinutes: 60 },
      clock: systemClock,
    }),
    rules,
    ownPicture: 'auto',
    prompts: new PromptFolder(shippedPromptFolder()),
    margins: { earlyMinutes: 10, lateMinutes: 10 },
    language: 'en',
    publish: 'auto',
    hideNumbers: false,
    identitySecret: 'secret',
    silenceSeconds: 30,
    clock: systemClock,
    log: quietLog(lines),
    events: { emit: () => undefined },
    onPinTried: () => undefined,
    ...more,
  });
  return { calls, node, records, noted, lines, outgoing };
}

export const askPin: Pick<CallsOptions, 'route'> = {
  route: () => routed(decided(plainAskPin, { rule: 'pin' })),
};

import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Calls } from '../../../../gateway/calls/calls.ts';
import type { CallsOptions } from '../../../../gateway/calls/calls.ts';
import { LegError } from '../../../../gateway/errors.ts';
import { systemClock } from '../../../../gateway/observe/clock.ts';
import type {
  CallRecord,
  Leg,
  LegEvents,
  LegStats,
  MediaLeg,
  MeetingStore,
  Records,
  RoomService,
  RoomWatch,
} from '../../../../gateway/ports.ts';
import type { EndReason } from '../../../../gateway/reasons.ts';
import { MemoryGuessGuard } from '../../../../gateway/rooms/guess-guard.ts';
import { FakeMediaNode } from '../../../fakes/media-node.ts';
import type { FakeMediaLeg } from '../../../fakes/media-node.ts';
import { quietLog } from '../../../support/quiet-log.ts';
import type { LogLine } from '../../../support/quiet-log.ts';
import { until } from '../../../support/until.ts';

/** A leg without a wire: answers at once, remembers how it ended. */
class FakeLeg implements Leg {
  readonly facts: Leg['facts'];
  readonly node: FakeMediaNode;
  readonly id: string;
  ended: EndReason | null = null;
  readonly #events = new EventEmitter();

  constructor(id: string, node: FakeMediaNode, called = 'weekly') {
    this.id = id;
    this.node = node;
    const party = (user: string) => ({ uri: `sip:${user}@test`, user, host: 'test', displayName: '' });
    this.facts = {
      protocol: 'sip',
      transport: 'udp',
      source: { address: '127.0.0.1', port: 5060 },
      from: party('4930111222'),
      to: party(called),
      trunk: null,
      wireCallId: id,
      headers: {},
    };
  }

  on<E extends keyof LegEvents>(event: E, listener: (...args: LegEvents[E]) => void): void {
    this.#events.on(event, listener as (...args: unknown[]) => void);
  }
  ring(): Promise<void> {
    return Promise.resolve();
  }
  async answer(): Promise<MediaLeg> {
    if (this.ended) throw new LegError(this.ended);
    return this.node.openLeg(this.id);
  }
  end(reason: EndReason): Promise<void> {
    this.ended ??= reason;
    return Promise.resolve();
  }
  isAlive(): Promise<boolean> {
    return Promise.resolve(true);
  }
}

function build(node = new FakeMediaNode(), more: Partial<CallsOptions> = {}) {
  const records: CallRecord[] = [];
  const lines: LogLine[] = [];
  const meetings = { findByRoom: () => Promise.resolve(null) };
  const rooms = { register: () => undefined, isTaken: () => false, forget: () => Promise.resolve() };
  const calls = new Calls({
    maxCalls: 10,
    pickNode: () => node,
    resolve: () => ({
      route: { tenant: 'default', rule: 'all', language: null, action: 'join', room: 'weekly' },
      trace: { plan: 'test', version: '1', steps: [], variables: {} },
    }),
    records: { keepCall: (record: CallRecord) => records.push(record) } as unknown as Records,
    onRecord: () => undefined,
    rooms: rooms as unknown as RoomService,
    meetings: meetings as unknown as MeetingStore,
    guard: new MemoryGuessGuard({
      limits: { freeMisses: 5, blockAfter: 15, windowMinutes: 60 },
      clock: systemClock,
    }),
    rules: { pinTries: 3, pinSeconds: 9, digitSeconds: 9, maxDurationMinutes: 9, emptyRoomMinutes: 9 },
    language: 'en',
    publish: 'auto',
    hideNumbers: false,
    identitySecret: 'secret',
    silenceSeconds: 30,
    clock: systemClock,
    log: quietLog(lines),
    onPinTried: () => undefined,
    ...more,
  });
  return { calls, node, records, lines };
}

const media = (node: FakeMediaNode): FakeMediaLeg | undefined => node.legs.at(0);

const inRoom = (node: FakeMediaNode): boolean => (media(node)?.joined ?? null) !== null;

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

describe('a call whose room can’t be reached', () => {
  it('hears so to the end, then gets its BYE', async () => {
    class Blind extends FakeMediaNode {
      override watchRoom(): Promise<RoomWatch> {
        return Promise.reject(new Error('LiveKit is away'));
      }
    }
    const { calls, node, records } = build(new Blind());
    const leg = new FakeLeg('1', node);
    calls.accept(leg);
    await until('the words are played', () => (media(node)?.played.length ?? 0) > 0);
    expect(media(node)?.played.at(-1)?.files).toEqual(['en/room-unavailable.wav']);
    // Whatever else fails with the room is settled by now; the words go on.
    await new Promise((resolve) => setImmediate(resolve));
    expect(leg.ended).toBeNull();
    media(node)?.played.at(-1)?.finish();
    await until('the call ended', () => records.length === 1);
    expect(leg.ended).toBe('room-unavailable');
  });
});

describe('a call that ends', () => {
  it('gets its BYE although the media node does not answer', async () => {
    const { calls, node } = build();
    const leg = new FakeLeg('1', node);
    calls.accept(leg);
    await until('the caller is in the room', () => inRoom(node));
    const { promise } = withResolvers<LegStats>();
    node.legs[0].stats = () => promise;
    expect(calls.states()).toEqual(['alone']);
    await calls.hangUp('1', 'ended-by-admin');
    await until('the leg ended', () => leg.ended === 'ended-by-admin');
  });
});

describe('while the database looks for a room', () => {
  function slow() {
    const { promise, resolve } = withResolvers<null>();
    const meetings = { findByRoom: () => promise } as unknown as MeetingStore;
    return { meetings, resolve: () => resolve(null) };
  }

  it('the calls that wait count for the limit', async () => {
    const database = slow();
    const { calls, node } = build(undefined, { maxCalls: 2, meetings: database.meetings });
    const legs = ['1', '2', '3'].map((id) => new FakeLeg(id, node));
    for (const leg of legs) calls.accept(leg);
    await until('one is refused', () => legs.some((leg) => leg.ended !== null));
    expect(legs.map((leg) => leg.ended)).toEqual([null, null, 'too-many-calls']);
    database.resolve();
    await until('two are in', () => node.open.length === 2);
    await calls.close();
    expect(legs.map((leg) => leg.ended)).toEqual(['shutting-down', 'shutting-down', 'too-many-calls']);
  });

  it('a call that comes out of it after the close is refused', async () => {
    const database = slow();
    const { calls, node } = build(undefined, { meetings: database.meetings });
    const leg = new FakeLeg('1', node);
    calls.accept(leg);
    await calls.close();
    database.resolve();
    await until('it has its answer', () => leg.ended !== null);
    expect(leg.ended).toBe('shutting-down');
    expect(calls.size).toBe(0);
  });
});

it('speaks the language that the rule names, else the configured one', async () => {
  for (const [ruled, spoken] of [
    [null, 'de'],
    ['en', 'en'],
  ] as const) {
    const { calls, node } = build(undefined, {
      language: 'de',
      resolve: () => ({
        route: { tenant: 'default', rule: 'pin', language: ruled, action: 'ask-pin' },
        trace: { plan: 'test', version: '1', steps: [], variables: {} },
      }),
    });
    calls.accept(new FakeLeg('1', node));
    await until('the prompt is played', () => (media(node)?.played.length ?? 0) > 0);
    expect(media(node)?.played[0].files).toEqual([`${spoken}/welcome.wav`, `${spoken}/enter-pin.wav`]);
    await calls.close();
  }
});

it('logs no full number, neither the caller’s nor the called one', async () => {
  const { calls, node, lines } = build();
  calls.accept(new FakeLeg('1', node, '4989123456'));
  await until('the caller is in the room', () => inRoom(node));
  await calls.close();
  const text = JSON.stringify(lines.map(({ facts, sentence }) => ({ facts, sentence })));
  expect(text).not.toMatch(/4989123456|4930111222/);
  expect(text).toContain('…56');
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallsOptions } from '../../../../gateway/calls/calls.ts';
import type { LegStats, MeetingStore, RoomWatch } from '../../../../gateway/ports.ts';
import type { EndReason } from '../../../../gateway/reasons.ts';
import { MeetingsUnavailable } from '../../../../gateway/rooms/errors.ts';
import { aVideo } from '../../../fakes/quality.ts';
import { FakeMediaNode } from '../../../fakes/media-node.ts';
import type { FakeMediaLeg } from '../../../fakes/media-node.ts';
import { aMeeting } from '../../../support/meetings.ts';
import { until } from '../../../support/until.ts';
import {
  decided,
  joinRoom,
  routed,
  noRoute as noRouteAction,
  plainAskPin,
} from '../../../support/dial-plan.ts';
import { FakeLeg, askPin, build, rules } from './support.ts';

const rejected = { kind: 'reject', why: 'rejected', code: null, prompt: null } as const;

const noRoute: Pick<CallsOptions, 'route'> = {
  route: () => routed(decided(noRouteAction, { rule: null })),
};

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

describe('a call that is up', () => {
  it('is noted with all that would have to be ended, each time that this changes', async () => {
    const { calls, node, noted } = build();
    const leg = new FakeLeg('1', node);
    calls.accept(leg);
    await until('it is in the room', () => noted.at(-1)?.participant === 'sip_4930111222');
    expect(noted.map(({ id, room, participant }) => [id, room, participant])).toEqual([
      ['1', null, null],
      ['1', 'weekly', null],
      ['1', 'weekly', 'sip_4930111222'],
    ]);
    await calls.close();
    expect(noted).toHaveLength(3);
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

/** The clock of timers is moved by hand, so that a hung part costs a test no time. */
describe('a part that hangs', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  const never = new Promise<never>(() => undefined);

  it('database, before the answer: a caller for a meeting’s number is refused and told why', async () => {
    const meetings = { findByRoom: () => never } as unknown as MeetingStore;
    const { calls, node, records } = build(undefined, {
      meetings,
      route: () => routed(decided(joinRoom('7654321'))),
    });
    const leg = new FakeLeg('1', node);
    calls.accept(leg);
    await vi.advanceTimersByTimeAsync(5000);
    expect(leg.ended).toBe('database-unavailable');
    expect(records.map(({ endReason }) => endReason)).toEqual(['database-unavailable']);
    expect(calls.size).toBe(0);
  });

  it('database, before the answer: nor does anybody come into a room that only a meeting may open', async () => {
    const meetings = { findByRoom: () => never } as unknown as MeetingStore;
    const route = () => routed(decided({ ...joinRoom('weekly'), meetingsOnly: true }));
    const { calls, node } = build(undefined, { meetings, route });
    const leg = new FakeLeg('1', node);
    calls.accept(leg);
    await vi.advanceTimersByTimeAsync(5000);
    expect(leg.ended).toBe('database-unavailable');
  });

  it('database, before the answer: a caller for a room that a rule names comes in', async () => {
    const meetings = { findByRoom: () => never } as unknown as MeetingStore;
    const { calls, node, records } = build(undefined, { meetings });
    calls.accept(new FakeLeg('1', node));
    await vi.advanceTimersByTimeAsync(5000);
    expect(inRoom(node)).toBe(true);
    expect(records).toEqual([]);
  });

  it('database: the lock that a room’s meeting was last seen with holds', async () => {
    const answers = [Promise.resolve(aMeeting({ waitForHost: true, locked: true }))];
    const meetings = {
      findByRoom: () => answers.shift() ?? Promise.reject(new MeetingsUnavailable(new Error('away'))),
    } as unknown as MeetingStore;
    const { calls, node, records } = build(undefined, { meetings });
    for (const id of ['1', '2']) {
      calls.accept(new FakeLeg(id, node));
      await vi.advanceTimersByTimeAsync(0);
      node.legs.at(-1)?.played.at(-1)?.finish();
      await vi.advanceTimersByTimeAsync(0);
    }
    expect(records.map(({ endReason }) => endReason)).toEqual(['meeting-locked', 'meeting-locked']);
  });

  it('database that was never there: what no known rule takes is refused for now, not for good', async () => {
    const { calls, node } = build(undefined, {
      plansKnown: () => false,
      ...noRoute,
    });
    const leg = new FakeLeg('1', node);
    calls.accept(leg);
    expect(leg.ended).toBe('database-unavailable');
    await calls.close();
  });

  it('database, at the PIN: the caller hears so and is let go', async () => {
    const meetings = { findByPin: () => never } as unknown as MeetingStore;
    const { calls, node, records } = build(undefined, { meetings, ...askPin });
    const leg = new FakeLeg('1', node);
    calls.accept(leg);
    await vi.advanceTimersByTimeAsync(0);
    for (const digit of '123456#') media(node)?.say('digit', digit);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(media(node)?.played.at(-1)?.files).toEqual(['en/meetings-unavailable.wav']);
    media(node)?.played.at(-1)?.finish();
    await vi.advanceTimersByTimeAsync(0);
    expect(leg.ended).toBe('database-unavailable');
    expect(records).toHaveLength(1);
  });

  it('media node or LiveKit, at the end: the call is recorded with its reason all the same', async () => {
    const { calls, node, records } = build();
    const leg = new FakeLeg('1', node);
    calls.accept(leg);
    await vi.advanceTimersByTimeAsync(0);
    expect(inRoom(node)).toBe(true);
    node.legs[0].leave = () => never;
    node.legs[0].stats = () => never;
    calls.list().catch(() => undefined);
    await calls.hangUp('1', 'ended-by-admin');
    await vi.advanceTimersByTimeAsync(15_000);
    expect(records).toMatchObject([{ endReason: 'ended-by-admin', media: null }]);
    expect(calls.size).toBe(0);
  });
});

describe('a call that nothing comes from', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  async function inside(...company: string[]) {
    const built = build(undefined, { rules: { ...rules, maxDurationMinutes: 600, emptyRoomMinutes: 15 } });
    const leg = new FakeLeg('1', built.node);
    built.node.gather('weekly', ...company);
    built.calls.accept(leg);
    await vi.advanceTimersByTimeAsync(0);
    expect(inRoom(built.node)).toBe(true);
    return { ...built, leg, mediaLeg: built.node.legs[0] };
  }

  const minutes = (count: number) => vi.advanceTimersByTimeAsync(count * 60_000);

  it('stays, however long it is silent, until its device answers no question any more', async () => {
    const { leg, mediaLeg, records } = await inside('ada');
    mediaLeg.say('silent', 30_000);
    await minutes(300);
    expect(leg.ended).toBeNull();
    leg.alive = false;
    await minutes(1);
    expect(leg.ended).toBe('peer-unreachable');
    expect(records).toMatchObject([{ endReason: 'peer-unreachable' }]);
  });

  it('stays in an empty room for a while, and for good when somebody comes back', async () => {
    const { calls, leg, node, mediaLeg } = await inside('ada');
    const before = mediaLeg.played.length;
    node.gather('weekly');
    mediaLeg.say('silent', 30_000);
    await minutes(14);
    expect(leg.ended).toBeNull();
    expect(mediaLeg.played.slice(before).map(({ loop }) => loop)).toEqual([true]);
    node.gather('weekly', 'ada');
    expect(calls.states()).toEqual(['in-room']);
    await minutes(300);
    expect(leg.ended).toBeNull();
    await calls.hangUp('1', 'ended-by-admin');
  });

  it('is told and let go when nobody comes at all', async () => {
    const { leg, mediaLeg } = await inside();
    await minutes(15);
    expect(mediaLeg.played.at(-1)?.files).toEqual(['en/empty-limit.wav']);
    mediaLeg.played.at(-1)?.finish();
    await minutes(0);
    expect(leg.ended).toBe('empty-room-limit');
  });
});

describe('too many calls', () => {
  const reasons = (legs: readonly FakeLeg[]) => legs.map(({ ended }) => ended);

  it('of one address are refused, those of a trunk never; one that ends makes room', async () => {
    const { calls, node } = build(undefined, { maxCallsPerSource: 2 });
    const legs = ['1', '2', '3'].map((id) => new FakeLeg(id, node));
    for (const leg of legs) calls.accept(leg);
    const ofTrunk = ['4', '5', '6'].map((id) => new FakeLeg(id, node, 'weekly', 'carrier'));
    for (const leg of ofTrunk) calls.accept(leg);
    await until('five are in', () => node.open.length === 5);
    expect(reasons([...legs, ...ofTrunk])).toEqual([null, null, 'source-limit', null, null, null]);
    await calls.hangUp('1', 'ended-by-admin');
    await until('one has gone', () => calls.size === 4);
    const late = new FakeLeg('7', node);
    calls.accept(late);
    await until('it is in', () => node.open.length === 6);
    expect(late.ended).toBeNull();
    await calls.close();
  });

  it('that no rule takes count for nobody', async () => {
    const { calls, node, records } = build(undefined, { maxCallsPerSource: 1, ...noRoute });
    const legs = ['1', '2', '3'].map((id) => new FakeLeg(id, node));
    for (const leg of legs) {
      calls.accept(leg);
      await until('it is refused', () => leg.ended !== null);
    }
    expect(reasons(legs)).toEqual(['no-route', 'no-route', 'no-route']);
    expect(records).toHaveLength(3);
  });
});

it('tells a caller whom a rule rejects what the rule says', async () => {
  const text = 'This number is no longer in use.';
  const { calls, node } = build(undefined, {
    route: () => routed(decided({ ...rejected, text }, { rule: 'old' })),
  });
  const leg = new FakeLeg('1', node);
  calls.accept(leg);
  await until('it is refused', () => leg.ended !== null);
  expect(leg).toMatchObject({ ended: 'rejected-by-plan', refusal: { status: null, text } });
});

it('records what an edge refused by itself, with what the caller was told', () => {
  const seen: EndReason[] = [];
  const { calls, node, records } = build(undefined, { onRecord: ({ endReason }) => seen.push(endReason) });
  const { facts } = new FakeLeg('1', node);
  const answer = { status: 420, text: 'Not supported here: x' };
  calls.keepRefused({ id: 'r', facts, reason: 'bad-request', answer });
  expect(records).toMatchObject([
    { id: 'r', endReason: 'bad-request', answeredAt: null, attempts: 1, trace: { refused: answer } },
  ]);
  expect(seen).toEqual(['bad-request']);
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

describe('a call that has its voice only though it wanted video', () => {
  const off = { reason: 'off', text: 'Video is off for this caller' } as const;

  it('says why while it lives and in its record', async () => {
    const { calls, node, records } = build();
    const leg = new FakeLeg('1', node);
    leg.noVideo = off;
    calls.accept(leg);
    await until('the caller is in the room', () => inRoom(node));
    expect((await calls.get('1'))?.noVideo).toEqual(off);
    await calls.close();
    expect(records[0].noVideo).toEqual(off);
  });

  it.each(['no-media-path', 'encryption-failed'] as const)(
    'also when it was agreed on: %s',
    async (failed) => {
      const { calls, node, records } = build();
      calls.accept(new FakeLeg('1', node));
      await until('the caller is in the room', () => inRoom(node));
      expect((await calls.get('1'))?.noVideo).toBeNull();
      node.legs[0].video = { ...aVideo, failed };
      expect((await calls.get('1'))?.noVideo).toMatchObject({ reason: failed });
      await calls.close();
      expect(records[0].noVideo?.reason).toBe(failed);
    },
  );
});

it('speaks the language that the rule names, else the configured one', async () => {
  for (const [ruled, spoken] of [
    [null, 'de'],
    ['en', 'en'],
  ] as const) {
    const { calls, node } = build(undefined, {
      language: 'de',
      route: () => routed(decided(plainAskPin, { rule: 'pin', language: ruled })),
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

import { describe, expect, it } from 'vitest';
import { checkMeeting, checkPin, guessSources } from '../../../../gateway/calls/pin-check.ts';
import type { Asker } from '../../../../gateway/calls/pin-check.ts';
import type { CallFacts, GuessGuard, MeetingStore } from '../../../../gateway/ports.ts';
import { MemoryGuessGuard } from '../../../../gateway/rooms/guess-guard.ts';
import { aMeeting } from '../../../support/meetings.ts';

const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };

/** A store that takes its time and knows no PIN. */
function noMeetings(): { findByPin: MeetingStore['findByPin']; asked: number } {
  const store = {
    asked: 0,
    findByPin: () => {
      store.asked++;
      return new Promise<{ found: false }>((resolve) => setTimeout(() => resolve({ found: false }), 5));
    },
  };
  return store;
}

function asker({ meetings, guard }: { meetings: Partial<MeetingStore>; guard: GuessGuard }): Asker {
  return {
    tenant: 'default',
    sources: ['number:1'],
    meetings: meetings as MeetingStore,
    guard,
    signal: new AbortController().signal,
    onSlowed: () => undefined,
  };
}

describe('checking a PIN', () => {
  it('looks up no more guesses of calls side by side than of one call', async () => {
    const meetings = noMeetings();
    const limits = { freeMisses: 3, blockAfter: 4, windowMinutes: 60 };
    const guard = new MemoryGuessGuard({ limits, clock });
    const tries = Array.from({ length: 100 }, (_, i) =>
      checkPin(asker({ meetings, guard }), String(100_000 + i), null),
    );
    const outcomes = (await Promise.all(tries)).map(({ type }) => type);
    expect(meetings.asked).toBe(4);
    expect(outcomes.filter((type) => type === 'pin-refused')).toHaveLength(4);
    expect(outcomes.filter((type) => type === 'pin-blocked')).toHaveLength(96);
  });

  it('goes on after a look-up that failed', async () => {
    const meetings = noMeetings();
    const limits = { freeMisses: 3, blockAfter: 4, windowMinutes: 60 };
    const guard = new MemoryGuessGuard({ limits, clock });
    const broken = { findByPin: () => Promise.reject(new Error('the database is gone')) };
    const failed = expect(checkPin(asker({ meetings: broken, guard }), '123456', null)).rejects.toThrow(
      'the database is gone',
    );
    const next = checkPin(asker({ meetings, guard }), '123456', null);
    await failed;
    expect(await next).toEqual({ type: 'pin-refused' });
  });

  it('lets go of a caller who hangs up while it waits', async () => {
    const guard = new MemoryGuessGuard({
      limits: { freeMisses: 1, blockAfter: 9, windowMinutes: 60 },
      clock,
    });
    for (let i = 0; i < 3; i++) guard.missed('default', 'number:1');
    const hangUp = new AbortController();
    const slowed: boolean[] = [];
    const meetings = noMeetings();
    const waiting = { signal: hangUp.signal, onSlowed: () => slowed.push(true) };
    const check = checkPin({ ...asker({ meetings, guard }), ...waiting }, '123456', null);
    const ended = expect(check).rejects.toThrow(/abort/i);
    hangUp.abort();
    await ended;
    expect(slowed).toEqual([true]);
    expect(meetings.asked).toBe(0);
  });

  it('counts the number, and the address where it is no trunk’s', () => {
    const facts = { from: { user: '4930' }, source: { address: '192.0.2.7' }, trunk: null };
    expect(guessSources(facts as unknown as CallFacts)).toEqual(['number:4930', 'address:192.0.2.7']);
    // Whoever has one IPv6 address has a network of them.
    const six = { ...facts, source: { address: '2001:db8:1:2:3:4:5:6' } };
    expect(guessSources(six as unknown as CallFacts)).toContain('address:2001:db8:1:2::/64');
    expect(guessSources({ ...facts, trunk: 'carrier' } as unknown as CallFacts)).toEqual(['number:4930']);
  });
});

describe('checking the number of a meeting', () => {
  const limits = { freeMisses: 3, blockAfter: 4, windowMinutes: 60 };
  const meetings = {
    findByNumber: (_tenant: string, number: string) =>
      Promise.resolve(number === '7654321' ? aMeeting() : null),
  };

  it('finds it, and forgives no wrong PIN for that', async () => {
    const guard = new MemoryGuessGuard({ limits, clock });
    for (let i = 0; i < 3; i++) guard.missed('default', 'number:1');
    expect(await checkMeeting(asker({ meetings, guard }), '7654321')).toMatchObject({ id: 'm1' });
    guard.missed('default', 'number:1');
    expect(await checkMeeting(asker({ meetings, guard }), '7654321')).toBe('blocked');
  });

  it('blocks whoever tries one after the other', async () => {
    const guard = new MemoryGuessGuard({ limits: { ...limits, freeMisses: 9 }, clock });
    const found = [];
    for (const number of ['1000001', '1000002', '1', '', '1000005'])
      found.push(await checkMeeting(asker({ meetings, guard }), number));
    expect(found).toEqual([null, null, null, null, 'blocked']);
  });
});

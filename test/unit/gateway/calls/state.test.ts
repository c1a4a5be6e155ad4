import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { step } from '../../../../gateway/calls/state.ts';
import type { CallEvent, CallState } from '../../../../gateway/calls/types.ts';
import { answering, leaving } from '../../../support/call-states.ts';
import { aDestination } from '../../../support/meetings.ts';
import { answered, company, digits, empty, joined, play, played, rules, timer, word } from './play.ts';

const found = (role: 'host' | 'guest', waitForHost = false): CallEvent => ({
  type: 'pin-found',
  destination: aDestination({ role, waitForHost }),
});
const inRoom = (others: number): CallState => ({
  name: 'in-room',
  destination: aDestination(),
  others,
  mutedBy: null,
  cameraMuted: false,
  connected: true,
  keys: '',
  layout: 'auto',
  notice: null,
});

describe('asking for the PIN', () => {
  it('greets, waits only after the prompt, and checks at #', () => {
    const { state, done } = play([answered, played, ...digits('333444#')]);
    expect(done).toContain('say welcome+enter-pin');
    expect(done).toContain('first-digit in 15 s');
    expect(done.at(-1)).toBe('check 333444');
    expect(state.name).toBe('checking-pin');
  });

  it('stops the prompt at the first key, once', () => {
    const { done } = play([answered, ...digits('33')]);
    expect(done.filter((what) => what === 'quiet')).toHaveLength(1);
  });

  it('starts over at *', () => {
    const { done } = play([answered, ...digits('99*333444#')]);
    expect(done.at(-1)).toBe('check 333444');
    expect(done).toContain('say enter-pin');
  });

  it('takes what was typed when no # comes', () => {
    expect(play([answered, ...digits('333444'), timer('next-digit')]).done.at(-1)).toBe('check 333444');
  });

  it('lets a caller try three times, then says goodbye and ends with the reason', () => {
    const wrong: CallEvent[] = [...digits('1#'), { type: 'pin-refused' }];
    const { state, done } = play([answered, ...wrong, ...wrong, ...wrong, played]);
    expect(done.filter((what) => what.startsWith('say'))).toEqual([
      'say welcome+enter-pin',
      'say pin-wrong',
      'say pin-wrong-last',
      'say goodbye-wrong-pin',
    ]);
    expect(done.at(-1)).toBe('end wrong-pin');
    expect(state).toEqual({ name: 'ended', reason: 'wrong-pin' });
  });

  it('asks again when nothing was typed, then gives up with a reason of its own', () => {
    const silence = [played, timer('first-digit')];
    const { done } = play([answered, ...silence, ...silence, ...silence, played]);
    expect(done.filter((what) => what === 'say pin-timeout')).toHaveLength(2);
    expect(done.at(-1)).toBe('end no-pin-entered');
  });

  it('tells a blocked caller so, whatever was typed', () => {
    const { done } = play([answered, ...digits('333444#'), { type: 'pin-blocked' }, played]);
    expect(done.slice(-2)).toEqual(['say blocked', 'end pin-guessing-blocked']);
  });

  it('keeps no endless PIN of a stuck key', () => {
    const { state } = play([answered, ...digits('1'.repeat(1000))]);
    expect(state.name === 'asking-pin' && state.typed.length).toBeLessThan(32);
  });
});

describe('the way into the room', () => {
  it('joins at once and hears the room when somebody is there', () => {
    const { state, done } = play([answered, ...digits('333444#'), found('guest'), company(2), joined]);
    expect(done.slice(-3)).toEqual(['join weekly as guest', 'no slow-join', 'hear room']);
    expect(state).toMatchObject({ name: 'in-room', others: 2 });
  });

  it('stays in an empty room with music, and ends only at the limit', () => {
    const alone = play([answered, ...digits('1#'), found('guest'), joined]);
    expect(alone.done).toContain('say first-here+music');
    expect(alone.done).toContain('company in 600 s');
    const late = play([timer('company'), played], alone.state);
    expect(late.done).toContain('say empty-limit');
    expect(late.done.at(-1)).toBe('end empty-room-limit');
  });

  it('keeps a guest out of the room until a host comes', () => {
    const waiting = play([answered, ...digits('1#'), found('guest', true), company(3, false)]);
    expect(waiting.state.name).toBe('waiting-for-host');
    expect(waiting.done.some((what) => what.startsWith('join'))).toBe(false);
    expect(waiting.done).not.toContain('hear room');
    const opened = play([company(4, true)], waiting.state);
    expect(opened.done).toContain('join weekly as guest');
  });

  it('lets the host in at once', () => {
    expect(play([answered, ...digits('1#'), found('host', true)]).done).toContain('join weekly as host');
  });

  it('says so when joining takes long, and when it fails', () => {
    const slow = play([answered, ...digits('1#'), found('guest'), timer('slow-join')]);
    expect(slow.done.at(-1)).toBe('say joining+music');
    const failed = play(
      [{ type: 'stop', reason: 'room-unavailable', words: 'room-unavailable' }, played],
      slow.state,
    );
    expect(failed.done).toEqual([
      'hear nothing',
      'last-words in 30 s',
      'say room-unavailable',
      'end room-unavailable',
    ]);
  });
});

describe('in the room', () => {
  it('mutes and unmutes by *6, saying which', () => {
    expect(
      play([...digits('*6'), ...digits('*6')], inRoom(1)).done.filter((what) => !/timer|keys/.test(what)),
    ).toEqual(['mute', 'say muted', 'unmute', 'say unmuted']);
  });

  it('changes the layout by *8, naming it for a moment', () => {
    const seen = (presses: number) => {
      const { state } = play(digits('*8'.repeat(presses)), inRoom(1));
      return state.name === 'in-room' ? [state.layout, state.notice] : null;
    };
    expect([1, 2, 3, 4].map(seen)).toEqual([
      ['grid', 'layout'],
      ['speaker', 'layout'],
      ['auto', 'layout'],
      ['grid', 'layout'],
    ]);
    const { state, done } = play([...digits('*8'), timer('notice')], inRoom(1));
    expect(done).toContain('notice in 4 s');
    expect(state).toMatchObject({ layout: 'grid', notice: null });
  });

  it('says that the connection is slow until it isn’t, or for a moment', () => {
    const limited = (yes: boolean): CallEvent => ({ type: 'video-limited', limited: yes });
    const slow = play([limited(true)], inRoom(1));
    expect(slow.done).toEqual(['notice in 10 s']);
    expect(slow.state).toMatchObject({ notice: 'slow-connection' });
    for (const over of [limited(false), timer('notice')])
      expect(play([over], slow.state).state).toMatchObject({ notice: null });
    const changed = play([...digits('*8'), limited(false)], slow.state);
    expect(changed.state).toMatchObject({ notice: 'layout' });
  });

  it('leaves by ##, but not by two # with time between them', () => {
    expect(play(digits('##'), inRoom(1)).done.at(-1)).toBe('end caller-left');
    expect(play([...digits('#'), timer('keys'), ...digits('#')], inRoom(1)).state.name).toBe('in-room');
  });

  it('plays music while nobody else is there', () => {
    const { done } = play([company(2), company(1), company(0), company(1)], inRoom(1));
    expect(done).toEqual(['music', 'company in 600 s', 'quiet', 'no company']);
  });

  it('tells the caller of a host’s mute, removal and of the room’s end', () => {
    expect(play([{ type: 'muted-by-host', muted: true }], inRoom(1)).done).toEqual(['say muted-by-host']);
    expect(play([{ type: 'link', state: 'removed' }, played], inRoom(1)).done.at(-1)).toBe(
      'end removed-by-host',
    );
    expect(play([{ type: 'link', state: 'room-deleted' }, played], inRoom(1)).done.at(-1)).toBe(
      'end room-ended',
    );
  });

  it('stays when the link is lost, with a word', () => {
    const { state, done } = play(
      [
        { type: 'link', state: 'lost' },
        { type: 'link', state: 'restored' },
      ],
      inRoom(1),
    );
    expect(state.name).toBe('in-room');
    expect(done).toEqual(['say connection-lost+music', 'say connection-back']);
  });
});

describe('keys on the way into the room', () => {
  const joining: CallState = {
    name: 'joining',
    destination: aDestination(),
    slow: false,
    typed: '',
  };
  const keys = (text: string): CallEvent[] => Array.from(text, (digit) => ({ type: 'digit', digit }));

  it('count once the caller is in', () => {
    const { state, done } = play([company(1, false), ...keys('*6'), joined], joining);
    expect(state).toMatchObject({ name: 'in-room', mutedBy: 'caller' });
    expect(done).toEqual(['no slow-join', 'hear room', 'keys in 3 s', 'no keys', 'mute', 'say muted']);
    expect(play([...keys('##'), joined], joining).done.at(-1)).toBe('end caller-left');
  });

  it('are not kept without end', () => {
    expect(play(keys('1'.repeat(500)), joining).state).toMatchObject({ typed: '11111111' });
  });
});

describe('a meeting with rules of its own', () => {
  it('that lets nobody in now says so before the call ends, by PIN or without one', () => {
    const away = { reason: 'meeting-locked', words: 'meeting-locked' } as const;
    const typed = play([answered, ...digits('1#'), { type: 'stop', ...away }, played]);
    expect(typed.done.slice(-2)).toEqual(['say meeting-locked', 'end meeting-locked']);
    const dialled = play([answered, played], answering(away));
    expect(dialled.done.slice(-2)).toEqual(['say meeting-locked', 'end meeting-locked']);
  });

  it('may let callers stay for a shorter time than others', () => {
    const seconds = (maxMinutes: number | null): string[] =>
      play([answered], answering(aDestination({ maxMinutes }))).done.filter((what) =>
        what.startsWith('duration'),
      );
    expect(seconds(30)).toEqual(['duration in 3600 s', 'duration in 1800 s']);
    expect(seconds(90)).toEqual(['duration in 3600 s']);
    expect(seconds(null)).toEqual(['duration in 3600 s']);
  });
});

describe('last words', () => {
  const failing: CallEvent = { type: 'stop', reason: 'media-lost', words: 'internal-error' };
  const wrongPin = leaving('wrong-pin');

  it('are not cut short, nor is their reason replaced, by what fails meanwhile', () => {
    expect(play([failing, timer('duration'), played], wrongPin).done).toEqual(['end wrong-pin']);
  });

  it('end with a hang-up, and with a media node that never says that they are over', () => {
    const hangUp: CallEvent = { type: 'stop', reason: 'caller-hung-up', words: null };
    expect(play([hangUp], wrongPin).done).toEqual(['end wrong-pin']);
    expect(play([timer('last-words')], wrongPin).done).toEqual(['end wrong-pin']);
  });

  it('tell a caller who is removed in the moment of the join', () => {
    const joining: CallState = {
      name: 'joining',
      destination: aDestination(),
      slow: false,
      typed: '',
    };
    const { done } = play([{ type: 'link', state: 'removed' }, joined, played], joining);
    expect(done).toContain('say removed-by-host');
    expect(done.at(-1)).toBe('end removed-by-host');
  });
});

describe('whatever happens', () => {
  const anyEvent: fc.Arbitrary<CallEvent> = fc.oneof(
    fc.constantFrom('0', '1', '6', '8', '*', '#', 'A').map((digit): CallEvent => ({ type: 'digit', digit })),
    fc.constantFrom<CallEvent>(answered, played, joined, { type: 'pin-refused' }, { type: 'pin-blocked' }),
    fc
      .constantFrom(
        'first-digit',
        'next-digit',
        'keys',
        'slow-join',
        'company',
        'notice',
        'duration',
        'last-words',
      )
      .map((name) => timer(name as 'keys')),
    fc.constantFrom('host', 'guest').chain((role) => fc.boolean().map((wait) => found(role as 'host', wait))),
    fc.nat(30).chain((others) => fc.boolean().map((host) => company(others, host))),
    fc
      .constantFrom('lost', 'restored', 'removed', 'room-deleted', 'unreachable')
      .map((state): CallEvent => ({ type: 'link', state: state as 'lost' })),
    fc.boolean().map((muted): CallEvent => ({ type: 'mute', muted })),
    fc.boolean().map((muted): CallEvent => ({ type: 'muted-by-host', muted })),
    fc.boolean().map((muted): CallEvent => ({ type: 'camera-muted-by-host', muted })),
    fc.boolean().map((limited): CallEvent => ({ type: 'video-limited', limited })),
  );

  it('ends once, and a hang-up ends every state', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
        const hangUp: CallEvent = { type: 'stop', reason: 'caller-hung-up', words: null };
        const { state, done } = play([...events, hangUp, ...events]);
        expect(state.name).toBe('ended');
        expect(done.filter((what) => what.startsWith('end '))).toHaveLength(1);
      }),
    );
  });

  it('never lets a guest hear a room that waits for its host', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
        let state: CallState = {
          name: 'waiting-for-host',
          destination: aDestination({ role: 'guest', waitForHost: true }),
        };
        for (const event of events) {
          if (event.type === 'company' && event.company.hostPresent) return;
          const next = step(state, event, empty, rules);
          state = next.state;
          expect(next.effects.map(word)).not.toContain('hear room');
        }
      }),
    );
  });
});

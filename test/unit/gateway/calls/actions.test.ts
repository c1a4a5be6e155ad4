import { describe, expect, it } from 'vitest';
import type { RouteAction } from '../../../../dialplans/types.ts';
import type { CallEvent, CallState } from '../../../../gateway/calls/types.ts';
import { goTo, menuOf, playThen, policyAt, rejectWith, transferTo } from '../../../support/actions.ts';
import { joinRoom, plainAskPin } from '../../../support/dial-plan.ts';
import { aDestination } from '../../../support/meetings.ts';
import { answered, digits, joined, play, played, timer } from './play.ts';

const arriving: CallState = { name: 'arriving' };
const arrived = (action: RouteAction): CallEvent => ({ type: 'arrived', action });
const begin = (action: RouteAction, ...events: CallEvent[]) => play([arrived(action), ...events], arriving);
/** Answered, and the timers that every call has left out. */
const talk = (action: RouteAction, ...events: CallEvent[]) => {
  const { state, done, notes } = begin(action, answered, ...events);
  return { state, notes, done: done.filter((what) => !/^(answer|duration in|no )/.test(what)) };
};
const found: CallEvent = { type: 'room-found', purpose: aDestination() };
const policySaid = (action: RouteAction | null, note = 'menu'): CallEvent => ({
  type: 'policy-said',
  action,
  note,
});
const over = (done: boolean): CallEvent => ({ type: 'transfer-over', done });

const sales = joinRoom('sales');
const support = menuOf({ '1': joinRoom('phones'), '*': { kind: 'back' } }, { prompt: 'support' });
const reception = menuOf({
  '1': sales,
  '2': support,
  '7': transferTo('sip:ops@pbx.example'),
  '8': goTo('1000'),
  '9': { kind: 'again' },
  '#': rejectWith(),
});

describe('a menu', () => {
  it('is said once the call is answered, and its keys lead on', () => {
    const { done, notes, state } = talk(reception, played, ...digits('1'), found, joined);
    expect(done.slice(0, 4)).toEqual(['say reception', 'first-digit in 8 s', 'quiet', 'quiet']);
    expect(done).toContain('find sales');
    expect(state).toMatchObject({ name: 'in-room' });
    expect(notes).toEqual(['menu reception', 'choice 1 join', 'room weekly guest']);
  });

  it('takes keys while it is said, and those typed ahead for the menu below', () => {
    const { done, notes } = talk(reception, ...digits('21'));
    expect(done).toContain('find phones');
    expect(notes).toEqual(['menu reception', 'choice 2 menu', 'menu support', 'choice 1 join']);
  });

  it('leads back to the menu above, and says itself again', () => {
    const { done, notes, state } = talk(reception, ...digits('2*9'));
    expect(done.filter((what) => what.startsWith('say'))).toEqual([
      'say reception',
      'say support',
      'say reception',
      'say reception',
    ]);
    expect(notes.at(-1)).toBe('choice 9 again');
    expect(state).toMatchObject({ name: 'in-menu', triesLeft: 2, place: { menus: [] } });
  });

  it('says what is wrong with a key, and goodbye after the last try', () => {
    const { done, state } = talk(reception, ...digits('55'), played);
    expect(done.filter((what) => what.startsWith('say'))).toEqual([
      'say reception',
      'say menu-invalid+reception',
      'say goodbye',
    ]);
    expect(state).toEqual({ name: 'ended', reason: 'no-choice-made' });
  });

  it('waits for a key after its words, and says so when none comes', () => {
    const silence = [played, timer('first-digit')];
    const { done, notes } = talk(reception, ...silence, ...silence, played);
    expect(done).toContain('say menu-timeout+reception');
    expect(done.slice(-3)).toEqual(['last-words in 30 s', 'say goodbye', 'end no-choice-made']);
    expect(notes.at(-1)).toBe('choice no-key');
  });

  it('does for those who choose nothing what the plan says', () => {
    const menu = menuOf({ '1': sales }, { tries: 1, timeout: joinRoom('lobby') });
    expect(talk(menu, played, timer('first-digit')).done.at(-1)).toBe('find lobby');
  });

  it('means nothing by keys that no phone has, and by late timers', () => {
    const { state } = talk(reception, ...digits('AD'), timer('next-digit'), timer('company'));
    expect(state).toMatchObject({ name: 'in-menu', triesLeft: 2 });
  });
});

describe('a transfer', () => {
  it('before the answer redirects, and that is the end', () => {
    const { done } = begin(transferTo('sip:ops@pbx.example'), over(true));
    expect(done).toEqual(['transfer sip:ops@pbx.example', 'end transferred']);
  });

  it('after it is asked of the device, with words and music', () => {
    const { done, notes } = talk(reception, ...digits('7'), over(true));
    expect(done.slice(-3)).toEqual([
      'say transferring+music',
      'transfer sip:ops@pbx.example',
      'end transferred',
    ]);
    expect(notes.at(-1)).toBe('transfer done');
  });

  it('that the device refuses leads back to the menu, with words; keys pressed meanwhile choose nothing', () => {
    const { done, state } = talk(reception, ...digits('71'), over(false));
    expect(done.at(-1)).toBe('say transfer-failed+reception');
    expect(state).toMatchObject({ name: 'in-menu', menu: { prompt: 'reception' } });
  });

  it('that came out of no menu ends with words', () => {
    const { done } = talk(playThen('hello', transferTo('tel:+49301')), played, over(false), played);
    expect(done.slice(-2)).toEqual(['say transfer-failed+goodbye', 'end transfer-failed']);
  });
});

describe('a policy', () => {
  const policy = policyAt('https://user:pw@policy.example/route?key=1', joinRoom('fallback'));

  it('is asked while the device rings; what it says is done', () => {
    const { done, notes } = begin(policy, policySaid(rejectWith({ code: 486, text: 'busy' }), 'reject'));
    expect(done).toEqual([
      'ring',
      'ask https://user:pw@policy.example/route?key=1',
      'end rejected-by-plan 486 busy',
    ]);
    expect(notes).toEqual(['policy policy.example reject']);
  });

  it('without a usable answer leads to its fallback', () => {
    const { done, notes } = begin(policy, policySaid(null, 'timed-out'));
    expect(done.at(-1)).toBe('find fallback');
    expect(notes).toEqual(['policy policy.example timed-out']);
  });

  it('is asked with music once the call is answered; keys wait for what it says', () => {
    const asked = menuOf({ '1': policy });
    const { done } = talk(asked, ...digits('12'), policySaid(reception));
    expect(done).toContain('music');
    expect(done.at(-1)).toBe('say support');
  });
});

describe('a rejection', () => {
  it('before the answer has the code and the words of the plan', () => {
    expect(begin(rejectWith({ code: 603, text: 'no' })).done).toEqual(['end rejected-by-plan 603 no']);
    expect(begin(rejectWith({ why: 'no-route' })).done).toEqual(['end no-route null null']);
  });

  it('with a prompt answers to say it', () => {
    const { done } = begin(rejectWith({ prompt: 'closed', code: 480 }), answered, played);
    expect(done.at(0)).toBe('answer');
    expect(done.slice(-2)).toEqual(['say closed', 'end rejected-by-plan 480 null']);
  });

  it('after the answer is said in words of our own', () => {
    expect(talk(reception, ...digits('#'), played).done.slice(-2)).toEqual([
      'say rejected',
      'end rejected-by-plan null null',
    ]);
  });
});

describe('go-to', () => {
  it('asks the plan anew and does what it says, above no menu any more', () => {
    const { done, state, notes } = talk(reception, ...digits('8'), { type: 'routed', action: reception });
    expect(done.slice(-2)).toEqual(['route 1000', 'say reception']);
    expect(state).toMatchObject({ name: 'in-menu', place: { menus: [] } });
    expect(notes.slice(-2)).toEqual(['go-to 1000', 'menu reception']);
  });
});

describe('an announcement', () => {
  it('is played to its end, then the plan goes on; keys typed ahead count', () => {
    const { done } = talk(playThen('news', reception), ...digits('1'));
    expect(done.at(-1)).toBe('say news');
    expect(talk(playThen('news', reception), ...digits('1'), played).done.at(-1)).toBe('find sales');
  });
});

describe('a room', () => {
  it('is looked up before the answer, and nobody hears it ring who is not let in', () => {
    const { done } = begin(sales, found);
    expect(done).toEqual(['find sales', 'answer']);
    const failed: CallEvent = { type: 'stop', reason: 'database-unavailable', words: 'internal-error' };
    expect(begin(sales, failed).done).toEqual(['find sales', 'end database-unavailable']);
  });

  it('of a number that wants a PIN asks for it', () => {
    const { done } = begin(sales, { type: 'room-found', purpose: plainAskPin }, answered);
    expect(done.at(-1)).toBe('say welcome+enter-pin');
  });

  it('that could not be looked up for somebody who hears is told in words', () => {
    const failed: CallEvent = { type: 'stop', reason: 'database-unavailable', words: 'internal-error' };
    expect(talk(reception, ...digits('1'), failed, played).done.slice(-2)).toEqual([
      'say internal-error',
      'end database-unavailable',
    ]);
  });
});

describe('a call out', () => {
  const bridge = (otherwise: RouteAction | null = null): RouteAction => ({
    kind: 'bridge',
    trunk: 'carrier',
    number: '+49301',
    from: null,
    dtmf: null,
    seconds: 30,
    otherwise,
  });
  const failed: CallEvent = { type: 'bridge-failed', reason: 'busy' };
  const early: CallEvent = { type: 'bridge-early' };
  const otherAnswered: CallEvent = { type: 'bridge-answered' };
  const over: CallEvent = { type: 'bridge-over', reason: 'other-side-hung-up' };
  const inMenu = menuOf({ '1': bridge() });

  it('that reaches nobody leads on, or back, or to its end', () => {
    const tried = ['no-answer in 30 s', 'bridge +49301', 'no no-answer'];
    const calling = [...tried, 'hear nothing', 'part'];
    expect(begin(bridge(joinRoom('lobby')), failed).done).toEqual([...calling, 'find lobby']);
    expect(begin(bridge(), failed).done).toEqual([...calling, 'end busy']);
    expect(begin(bridge(), failed).notes).toEqual(['bridge carrier busy']);
    const back = talk(inMenu, ...digits('1'), failed).done.slice(-3);
    expect(back).toEqual(['hear nothing', 'part', 'say call-failed+reception']);
  });

  it('rings for so long, then is given up', () => {
    const { done } = begin(bridge(joinRoom('lobby')), timer('no-answer'));
    const parted = ['hear nothing', 'part'];
    expect(done.slice(-5)).toEqual(['hang up no-answer', 'no no-answer', ...parted, 'find lobby']);
  });

  it('rings at the caller’s device when it rings there, and answers it when the other side does', () => {
    const ringing: CallEvent = { type: 'bridge-ringing' };
    const { done } = begin(bridge(), ringing, otherAnswered, answered);
    expect(done.slice(2)).toEqual([
      'ring',
      'no no-answer',
      'answer',
      'duration in 3600 s',
      'quiet',
      'connect',
      'hear room',
    ]);
  });

  it('is heard before the answer by a caller whose device can', () => {
    const hears: CallEvent = { type: 'hears-early' };
    const { done, state } = begin(bridge(), early, hears, failed);
    expect(done.slice(2)).toEqual([
      'hear-early',
      ...['quiet', 'connect', 'hear room'],
      ...['no no-answer', 'hear nothing', 'part', 'end busy'],
    ]);
    expect(state).toMatchObject({ name: 'ended' });
  });

  it('ends when the other side is gone before the caller’s device has answered', () => {
    expect(begin(bridge(), otherAnswered, over).done.at(-1)).toBe('end other-side-hung-up');
  });

  it('is heard by a caller who is answered, at first as music, then as it sounds there', () => {
    const heard = talk(inMenu, ...digits('1'), early, otherAnswered);
    expect(heard.done).toContain('music');
    const connected = ['quiet', 'connect', 'hear room'];
    expect(heard.done.slice(-6)).toEqual([...connected, ...connected]);
    expect(heard.state).toMatchObject({ name: 'talking' });
  });

  it('gets the caller’s keys, and ends with either side', () => {
    const talking = begin(bridge(), otherAnswered, answered, ...digits('4#'));
    expect(talking.done.slice(-2)).toEqual(['press 4', 'press #']);
    expect(begin(bridge(), otherAnswered, answered, over).done.at(-1)).toBe('end other-side-hung-up');
    const gone: CallEvent = { type: 'stop', reason: 'caller-hung-up', words: null };
    expect(begin(bridge(), otherAnswered, answered, gone).done.at(-1)).toBe('end caller-hung-up');
  });

  it('is hung up before the caller is told why it is over', () => {
    const { done } = begin(bridge(), otherAnswered, answered, timer('duration'));
    expect(done.slice(-4)).toEqual([
      'hang up time-limit',
      'hear nothing',
      'last-words in 30 s',
      'say time-limit',
    ]);
  });
});

describe('asking for a PIN as the plan wants it', () => {
  const own = {
    ...plainAskPin,
    prompts: { welcome: 'hello', ask: 'your-pin', wrong: 'not-that' },
    tries: 2,
    seconds: 30,
  };

  it('has its words, tries and time', () => {
    const { done, state } = talk(own, played, ...digits('1#'), { type: 'pin-refused' }, ...digits('2#'), {
      type: 'pin-refused',
    });
    expect(done.filter((what) => /^say|first-digit in/.test(what))).toEqual([
      'say hello+your-pin',
      'first-digit in 30 s',
      'say not-that',
      'say goodbye-wrong-pin',
    ]);
    expect(state).toMatchObject({ name: 'leaving', reason: 'wrong-pin' });
  });

  const both = { ...own, languages: ['de', 'en'] } as const;

  it('lets the caller choose a language, each offered in its own', () => {
    const { done, notes } = talk(both, ...digits('2'));
    expect(done.slice(0, 2)).toEqual(['say language-1(de)+language-2(en)', 'speak en']);
    expect(done.at(-1)).toBe('say hello+your-pin');
    expect(notes).toEqual(['language en']);
  });

  it.each(['0', '3', '9', '*', '#', 'A'])(
    'offers them again after the key %s, then takes the first',
    (key) => {
      const once = talk(both, ...digits(key));
      expect(once.done.at(-1)).toBe('say language-1(de)+language-2(en)');
      expect(talk(both, ...digits(key + key)).done).toContain('speak de');
    },
  );

  it('takes the first when no key comes', () => {
    const silence = [played, timer('first-digit')];
    expect(talk(both, ...silence, ...silence).done).toContain('speak de');
  });

  it('asks for no language where there is one only', () => {
    expect(talk({ ...own, languages: ['en'] }).done).toEqual(['say hello+your-pin']);
  });

  const twofold = { ...plainAskPin, collect: 'meeting-and-pin' } as const;
  const needsPin: CallEvent = { type: 'meeting-found', purpose: null };

  it('asks for the meeting first; a PIN that was typed ahead counts', () => {
    const { done, notes } = talk(twofold, ...digits('7654321#12'), needsPin, ...digits('3456#'), {
      type: 'pin-found',
      destination: aDestination(),
    });
    expect(done).toContain('say welcome+enter-meeting');
    expect(done).toContain('find meeting 7654321');
    expect(done).toContain('check 123456');
    expect(notes).toEqual(['meeting found', 'pin right', 'room weekly guest']);
  });

  it('asks for no PIN where guests need none', () => {
    const { done } = talk(twofold, ...digits('7654321#'), { type: 'meeting-found', purpose: aDestination() });
    expect(done).toContain('join weekly as guest');
  });

  it('gives as many tries for the number as for the PIN', () => {
    const wrong = [...digits('1#'), { type: 'pin-refused' } as const];
    const { done, state } = talk(twofold, ...wrong, ...wrong, ...wrong, played);
    expect(done.filter((what) => what.startsWith('say'))).toEqual([
      'say welcome+enter-meeting',
      'say meeting-unknown',
      'say meeting-unknown',
      'say goodbye-no-meeting',
    ]);
    expect(state).toEqual({ name: 'ended', reason: 'unknown-meeting' });
  });
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { MenuChoice, RouteAction } from '../../../../dialplans/types.ts';
import { menuKeys } from '../../../../dialplans/types.ts';
import { step } from '../../../../gateway/calls/state.ts';
import type { CallEvent, CallState, Effect, TimerName } from '../../../../gateway/calls/types.ts';
import { aDestination } from '../../../support/meetings.ts';
import { goTo, menuOf, playThen, policyAt, rejectWith, transferTo } from '../../../support/actions.ts';
import { joinRoom, plainAskPin } from '../../../support/dial-plan.ts';
import { empty, rules } from './play.ts';

const { action } = fc.letrec<{ action: RouteAction; choice: MenuChoice }>((tie) => ({
  action: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<RouteAction>(
      { kind: 'echo' },
      joinRoom('weekly'),
      rejectWith(),
      rejectWith({ prompt: 'closed', code: 480 }),
      transferTo('sip:ops@pbx.example'),
      goTo('1000'),
      plainAskPin,
      { ...plainAskPin, languages: ['en', 'de'], collect: 'meeting-and-pin', tries: 1 },
    ),
    tie('action').map((then) => playThen('news', then)),
    tie('action').map((fallback) => policyAt('https://policy.example', fallback)),
    tie('action').map((otherwise): RouteAction => ({
      kind: 'bridge',
      trunk: 'carrier',
      number: '1',
      from: null,
      dtmf: null,
      seconds: 9,
      otherwise,
    })),
    fc
      .tuple(
        fc.dictionary(fc.constantFrom(...menuKeys), tie('choice'), { minKeys: 1, maxKeys: 4 }),
        fc.option(tie('action')),
      )
      .map(([options, timeout]) => menuOf(options, { timeout })),
  ),
  choice: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<MenuChoice>({ kind: 'back' }, { kind: 'again' }),
    tie('action'),
  ),
}));

const timers: readonly TimerName[] = [
  ...(['first-digit', 'next-digit', 'keys', 'slow-join', 'company', 'notice', 'no-answer'] as const),
];
const anyEvent = (actions: fc.Arbitrary<RouteAction>): fc.Arbitrary<CallEvent> =>
  fc.oneof(
    fc.constantFrom(...menuKeys, 'A').map((digit): CallEvent => ({ type: 'digit', digit })),
    fc.constantFrom<CallEvent>(
      ...([{ type: 'answered' }, { type: 'played' }, { type: 'joined' }] as const),
      ...([{ type: 'pin-refused' }, { type: 'pin-blocked' }] as const),
      { type: 'pin-found', destination: aDestination() },
      { type: 'room-found', purpose: aDestination() },
      { type: 'room-found', purpose: plainAskPin },
      { type: 'meeting-found', purpose: null },
      ...([{ type: 'bridge-early' }, { type: 'bridge-answered' }] as const),
      { type: 'bridge-failed', reason: 'busy' },
      { type: 'bridge-over', reason: 'other-side-hung-up' },
    ),
    fc.boolean().map((done): CallEvent => ({ type: 'transfer-over', done })),
    fc.constantFrom(...timers).map((timer): CallEvent => ({ type: 'timer', timer })),
    actions.map((routed): CallEvent => ({ type: 'routed', action: routed })),
    fc.option(actions).map((said): CallEvent => ({ type: 'policy-said', action: said, note: 'x' })),
  );

function run(events: readonly CallEvent[], start: CallState = { name: 'arriving' }) {
  let state = start;
  const effects: Effect[] = [];
  for (const event of events) {
    const next = step(state, event, empty, rules);
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, effects };
}

const anything = fc.tuple(action, fc.array(anyEvent(action), { maxLength: 50 }));

it('no plan and nothing that happens leaves a call without an end: each has one, and no second', () => {
  fc.assert(
    fc.property(anything, ([decided, events]) => {
      const hangUp: CallEvent = { type: 'stop', reason: 'caller-hung-up', words: null };
      const { state, effects } = run([{ type: 'arrived', action: decided }, ...events, hangUp, ...events]);
      expect(state.name).toBe('ended');
      expect(effects.filter((effect) => effect.do === 'end')).toHaveLength(1);
    }),
  );
});

it('an answered call always has its time limit, and that ends it wherever it is', () => {
  fc.assert(
    fc.property(anything, ([decided, events]) => {
      const { state, effects } = run([{ type: 'arrived', action: decided }, ...events]);
      const isAnswered = effects.some((effect) => effect.do === 'start-timer' && effect.timer === 'duration');
      if (!isAnswered || state.name === 'ended') return;
      const late = run(
        [
          { type: 'timer', timer: 'duration' },
          { type: 'timer', timer: 'last-words' },
        ],
        state,
      );
      expect(late.state.name).toBe('ended');
    }),
  );
});

/** What brings each state on by itself; a state that nothing brings on would hold a silent caller for ever. */
it('no state waits for a caller alone: with nobody at the keys each one is left in the end', () => {
  const withoutCaller = (state: CallState, effects: readonly Effect[]): CallEvent | null => {
    switch (state.name) {
      case 'asking-policy':
        return { type: 'policy-said', action: null, note: 'timed-out' };
      case 'finding-room':
        return { type: 'room-found', purpose: aDestination() };
      case 'routing':
        return { type: 'routed', action: rejectWith() };
      case 'transferring':
        return { type: 'transfer-over', done: false };
      case 'bridging':
        return { type: 'timer', timer: 'no-answer' };
      case 'answering':
        return { type: 'answered' };
      default: {
        const last = effects.findLast((effect) => effect.do === 'start-timer' || effect.do === 'play');
        if (last?.do === 'start-timer') return { type: 'timer', timer: last.timer };
        return { type: 'played' };
      }
    }
  };
  fc.assert(
    fc.property(action, (decided) => {
      let { state, effects } = run([{ type: 'arrived', action: decided }]);
      const settled = ['ended', 'joining', 'waiting-for-host', 'echo'];
      for (let i = 0; !settled.includes(state.name); i++) {
        expect(i, state.name).toBeLessThan(500);
        const event = withoutCaller(state, effects);
        if (event === null) break;
        ({ state, effects } = step(state, event, empty, rules) as { state: CallState; effects: Effect[] });
      }
      expect(settled).toContain(state.name);
    }),
  );
});

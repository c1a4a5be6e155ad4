/** Plays events to a call's state, and says in short words what came of them. */
import { step } from '../../../../gateway/calls/state.ts';
import type { CallEvent, CallRules, CallState, Company, Effect } from '../../../../gateway/calls/types.ts';
import type { Spoken } from '../../../../gateway/prompts/prompts.ts';
import { answering } from '../../../support/call-states.ts';

export const rules: CallRules = {
  pinTries: 3,
  pinSeconds: 15,
  digitSeconds: 5,
  maxDurationMinutes: 60,
  emptyRoomMinutes: 10,
  layout: 'auto',
};
export const empty: Company = { others: 0, hostPresent: false };

/** Plays a list of events; gives the last state, everything that was to be done, and what goes into the record. */
export function play(events: readonly CallEvent[], start: CallState = answering()) {
  let state = start;
  let company = empty;
  const done: string[] = [];
  const notes: string[] = [];
  for (const event of events) {
    if (event.type === 'company') company = event.company;
    const next = step(state, event, company, rules);
    state = next.state;
    for (const effect of next.effects) {
      if (effect.do === 'note') {
        const { kind, subject, outcome } = effect.step;
        notes.push([kind, subject, outcome].filter((part) => part !== null).join(' '));
      } else if (effect.do !== 'see') done.push(word(effect));
    }
  }
  return { state, done, notes };
}

export function word(effect: Effect): string {
  switch (effect.do) {
    case 'play': {
      const { sound } = effect;
      if (sound.kind === 'prompts')
        return `say ${sound.prompts.map(spoken).join('+')}${sound.thenMusic === true ? '+music' : ''}`;
      return sound.kind === 'music' ? 'music' : 'quiet';
    }
    case 'hear':
      return `hear ${effect.source}`;
    case 'check-pin':
      return `check ${effect.pin}`;
    case 'join':
      return `join ${effect.destination.room} as ${effect.destination.role}`;
    case 'watch':
      return `watch ${effect.room}`;
    case 'mute':
      return effect.muted ? 'mute' : 'unmute';
    case 'start-timer':
      return `${effect.timer} in ${effect.seconds} s`;
    case 'stop-timer':
      return `no ${effect.timer}`;
    case 'end':
      return `end ${effect.reason}${effect.refusal === null ? '' : ` ${effect.refusal.status} ${effect.refusal.text}`}`;
    case 'check-meeting':
      return `find meeting ${effect.number}`;
    case 'ask-policy':
      return `ask ${effect.action.url}`;
    case 'find-room':
      return `find ${effect.action.room}`;
    case 'route-again':
      return `route ${effect.called}`;
    case 'transfer':
      return `transfer ${effect.to}`;
    case 'bridge':
      return `bridge ${effect.action.number}`;
    case 'connect':
      return effect.connected ? 'connect' : 'part';
    case 'press':
      return `press ${effect.key}`;
    case 'hang-up':
      return `hang up ${effect.reason}`;
    case 'speak':
      return `speak ${effect.language}`;
    case 'ring':
    case 'hear-early':
    case 'answer':
    case 'see':
    case 'note':
      return effect.do;
  }
}

function spoken(one: Spoken): string {
  if (typeof one === 'string') return one;
  return one.language === undefined ? one.prompt : `${one.prompt}(${one.language})`;
}

export const answered: CallEvent = { type: 'answered' };
export const played: CallEvent = { type: 'played' };
export const joined: CallEvent = { type: 'joined' };
export const digits = (text: string): CallEvent[] => Array.from(text, (digit) => ({ type: 'digit', digit }));
export const timer = (name: Extract<CallEvent, { type: 'timer' }>['timer']): CallEvent => ({
  type: 'timer',
  timer: name,
});
export const company = (others: number, hostPresent = false): CallEvent => ({
  type: 'company',
  company: { others, hostPresent },
});

import type { EndReason } from '../reasons.ts';
import { end, note, quiet, stay } from './steps.ts';
import type { Action, CallEvent, CallState, Effect, Step } from './types.ts';

type Bridging = Extract<CallState, { name: 'bridging' }>;
type Talking = Extract<CallState, { name: 'talking' }>;

export const noAnswerAwaited: Effect = { do: 'stop-timer', timer: 'no-answer' };

/** The caller hears the other side instead of music. */
const connect: readonly Effect[] = [
  quiet,
  { do: 'connect', connected: true },
  { do: 'hear', source: 'room' },
];

/** The caller's device rings when the other side's does, unless it was answered for something else. */
export function otherSideRings(state: Bridging): Step {
  return { state, effects: state.place.isAnswered ? [] : [{ do: 'ring' }] };
}

/** Before the answer: a caller who isn't answered either hears it when its device can. */
export function otherSideHeard(state: Bridging): Step {
  return { state, effects: state.place.isAnswered ? connect : [{ do: 'hear-early' }] };
}

export function callerHears(state: Bridging): Step {
  return { state, effects: connect };
}

/** A caller who was not answered for something else is answered now, and not before. */
export function otherSideAnswered({ action, place }: Bridging): Step {
  const noted = [noAnswerAwaited, note('bridge', action.trunk, 'answered')];
  if (place.isAnswered) return { state: { name: 'talking', action }, effects: [...noted, ...connect] };
  return {
    state: { name: 'answering', next: { kind: 'connected', action }, place },
    effects: [...noted, { do: 'answer' }],
  };
}

export function talk(action: Action<'bridge'>): Step {
  return { state: { name: 'talking', action }, effects: connect };
}

export function talking(state: Talking, event: CallEvent): Step {
  switch (event.type) {
    case 'digit':
      return { state, effects: [{ do: 'press', key: event.digit }] };
    case 'bridge-over':
      return end(event.reason);
    default:
      return stay(state);
  }
}

/** What becomes of the other side when the caller is told something, or is gone. */
export function letGo({ name }: CallState, reason: EndReason): readonly Effect[] {
  return name === 'bridging' || name === 'talking' ? [{ do: 'hang-up', reason }] : [];
}

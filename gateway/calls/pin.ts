import type { PromptId } from '../prompts/prompts.ts';
import type { CallRules, CallState, Effect, Step } from './types.ts';
import { play, sayAndEnd, stay } from './steps.ts';

type Asking = Extract<CallState, { name: 'asking-pin' }>;

/** No PIN is longer; further digits of a stuck or hostile keypad are not kept. */
const longestPin = 24;

const stopTimers: readonly Effect[] = [
  { do: 'stop-timer', timer: 'first-digit' },
  { do: 'stop-timer', timer: 'next-digit' },
];

export function ask(
  prompts: readonly PromptId[],
  { attemptsLeft, after }: Pick<Asking, 'attemptsLeft' | 'after'>,
): Step {
  return {
    state: { name: 'asking-pin', attemptsLeft, after, typed: '' },
    effects: [...stopTimers, play(prompts)],
  };
}

/** The prompt is over and nothing was typed yet: now the wait counts. */
export function promptOver(state: Asking, rules: CallRules): Step {
  if (state.typed !== '') return stay(state);
  return { state, effects: [{ do: 'start-timer', timer: 'first-digit', seconds: rules.pinSeconds }] };
}

/** `#` ends the PIN, `*` starts over, any key stops the prompt. */
export function digit(state: Asking, key: string, rules: CallRules): Step {
  if (key === '*') return ask(['enter-pin'], state);
  if (key === '#') return state.typed === '' ? ask(['enter-pin'], state) : check(state);
  if (!/^[0-9]$/.test(key) || state.typed.length >= longestPin) return stay(state);
  return {
    state: { ...state, typed: state.typed + key },
    effects: [
      { do: 'stop-timer', timer: 'first-digit' },
      ...(state.typed === '' ? [{ do: 'play', sound: { kind: 'none' } } as const] : []),
      { do: 'start-timer', timer: 'next-digit', seconds: rules.digitSeconds },
    ],
  };
}

export function timeOut(state: Asking): Step {
  if (state.typed !== '') return check(state);
  return state.attemptsLeft > 1
    ? ask(['pin-timeout'], { attemptsLeft: state.attemptsLeft - 1, after: 'no-pin' })
    : sayAndEnd(['goodbye'], 'no-pin-entered');
}

export function refused(attemptsLeft: number): Step {
  switch (attemptsLeft) {
    case 1:
      return sayAndEnd(['goodbye-wrong-pin'], 'wrong-pin');
    case 2:
      return ask(['pin-wrong-last'], { attemptsLeft: 1, after: 'wrong-pin' });
    default:
      return ask(['pin-wrong'], { attemptsLeft: attemptsLeft - 1, after: 'wrong-pin' });
  }
}

function check(state: Asking): Step {
  return {
    state: { name: 'checking-pin', attemptsLeft: state.attemptsLeft, digits: state.typed.length },
    effects: [...stopTimers, { do: 'check-pin', pin: state.typed }],
  };
}

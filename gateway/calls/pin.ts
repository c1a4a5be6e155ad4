import type { Spoken } from '../prompts/prompts.ts';
import { after, note, noKeysAwaited, play, quiet, sayAndEnd, stay } from './steps.ts';
import type { Action, CallRules, CallState, Place, Question, Step } from './types.ts';

type Asking = Extract<CallState, { name: 'asking-pin' }>;
type Checking = Extract<CallState, { name: 'checking-pin' }>;

/** No PIN is longer; further digits of a stuck or hostile keypad are not kept. */
const longestPin = 24;

/** What is said where the plan has no words of its own. */
const said = {
  pin: {
    ask: 'enter-pin',
    wrong: 'pin-wrong',
    wrongLast: 'pin-wrong-last',
    none: 'pin-timeout',
    goodbye: 'goodbye-wrong-pin',
  },
  meeting: {
    ask: 'enter-meeting',
    wrong: 'meeting-unknown',
    wrongLast: 'meeting-unknown',
    none: 'meeting-timeout',
    goodbye: 'goodbye-no-meeting',
  },
} as const;

/** The first question, with a welcome. */
export function askFirst(action: Action<'ask-pin'>, place: Place, rules: CallRules): Step {
  const question: Question = { what: action.collect === 'pin' ? 'pin' : 'meeting', action, place };
  return ask([inPlan(action.prompts.welcome) ?? 'welcome', asked(question)], {
    question,
    attemptsLeft: action.tries ?? rules.pinTries,
    after: 'start',
  });
}

/** The meeting is known by its number: now its PIN. */
export function askForPin({ question }: Checking, rules: CallRules): Step {
  return ask([said.pin.ask], {
    question: { ...question, what: 'pin' },
    attemptsLeft: question.action.tries ?? rules.pinTries,
    after: 'start',
  });
}

function ask(prompts: readonly Spoken[], state: Pick<Asking, 'question' | 'attemptsLeft' | 'after'>): Step {
  return {
    state: { name: 'asking-pin', ...state, typed: '' },
    effects: [...noKeysAwaited, play(prompts)],
  };
}

function asked({ what, action }: Question): Spoken {
  // The plan's own words are for what is asked first.
  const own = what === 'meeting' || action.collect === 'pin' ? action.prompts.ask : null;
  return inPlan(own) ?? said[what].ask;
}

function inPlan(prompt: string | null): Spoken | null {
  return prompt === null ? null : { prompt };
}

/** The prompt is over and nothing was typed yet: now the wait counts. */
export function promptOver(state: Asking, rules: CallRules): Step {
  if (state.typed !== '') return stay(state);
  const seconds = state.question.action.seconds ?? rules.pinSeconds;
  return { state, effects: [{ do: 'start-timer', timer: 'first-digit', seconds }] };
}

/** `#` ends the digits, `*` starts over, any key stops the prompt. */
export function digit(state: Asking, key: string, rules: CallRules): Step {
  if (key === '*') return ask([asked(state.question)], state);
  if (key === '#') return state.typed === '' ? ask([asked(state.question)], state) : check(state);
  if (!/^[0-9]$/.test(key) || state.typed.length >= longestPin) return stay(state);
  return {
    state: { ...state, typed: state.typed + key },
    effects: [
      { do: 'stop-timer', timer: 'first-digit' },
      ...(state.typed === '' ? [quiet] : []),
      { do: 'start-timer', timer: 'next-digit', seconds: rules.digitSeconds },
    ],
  };
}

export function timeOut(state: Asking): Step {
  if (state.typed !== '') return check(state);
  const { question, attemptsLeft } = state;
  return attemptsLeft > 1
    ? ask([said[question.what].none], { question, attemptsLeft: attemptsLeft - 1, after: 'no-pin' })
    : sayAndEnd(['goodbye'], 'no-pin-entered');
}

/** Nobody knows these digits. */
export function refused({ question, attemptsLeft }: Checking): Step {
  const { what, action } = question;
  const noted = note(what, null, 'wrong');
  if (attemptsLeft <= 1) {
    const reason = what === 'pin' ? 'wrong-pin' : 'unknown-meeting';
    return after([noted], sayAndEnd([said[what].goodbye], reason));
  }
  const words =
    inPlan(action.prompts.wrong) ?? (attemptsLeft === 2 ? said[what].wrongLast : said[what].wrong);
  return after([noted], ask([words], { question, attemptsLeft: attemptsLeft - 1, after: 'wrong-pin' }));
}

function check({ question, attemptsLeft, typed }: Asking): Step {
  const { what } = question;
  return {
    state: { name: 'checking-pin', question, attemptsLeft, digits: typed.length, ahead: '' },
    effects: [
      ...noKeysAwaited,
      what === 'pin' ? { do: 'check-pin', pin: typed } : { do: 'check-meeting', number: typed },
    ],
  };
}

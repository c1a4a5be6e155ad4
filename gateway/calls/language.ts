import { after, note, noKeysAwaited, play } from './steps.ts';
import type { Action, CallState, Effect, Place, Step } from './types.ts';

type Choosing = Extract<CallState, { name: 'choosing-language' }>;

/** What follows, in the language that was chosen. */
type Go = (action: Action<'ask-pin'>, place: Place) => Step;

/** Each says its own key, in its own language. */
const offers = ['language-1', 'language-2'] as const;
const keys = ['1', '2'];
/** Whoever chooses none gets the first. */
const tries = 2;
const seconds = 4;

export function offerLanguages(action: Action<'ask-pin'>, place: Place, triesLeft = tries): Step {
  return {
    state: { name: 'choosing-language', action, place, triesLeft },
    effects: [...noKeysAwaited, offered(action)],
  };
}

export function languagesSaid(state: Choosing): Step {
  return { state, effects: [{ do: 'start-timer', timer: 'first-digit', seconds }] };
}

export function keyForLanguage(state: Choosing, key: string, go: Go): Step {
  const which = keys.indexOf(key);
  return (which < 0 ? null : chosen(state, which, go)) ?? offeredAgain(state, go);
}

export function noKeyForLanguage(state: Choosing, go: Go): Step {
  return offeredAgain(state, go);
}

function offered({ languages }: Action<'ask-pin'>): Effect {
  return play(
    offers.flatMap((prompt, i) => {
      const language = languages.at(i);
      return language === undefined ? [] : [{ prompt, language }];
    }),
  );
}

function offeredAgain(state: Choosing, go: Go): Step {
  const { action, place, triesLeft } = state;
  if (triesLeft > 1) return offerLanguages(action, place, triesLeft - 1);
  return chosen(state, 0, go) ?? go(action, place);
}

function chosen({ action, place }: Choosing, which: number, go: Go): Step | null {
  const language = action.languages.at(which);
  if (language === undefined) return null;
  return after([...noKeysAwaited, { do: 'speak', language }, note('language', language)], go(action, place));
}

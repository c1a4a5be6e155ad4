import type { MenuKey, RouteAction } from '../../dialplans/types.ts';
import { menuKeys } from '../../dialplans/types.ts';
import type { PromptId } from '../prompts/prompts.ts';
import { after, note, noKeysAwaited, play, quiet, sayAndEnd, stay } from './steps.ts';
import type { Action, CallState, Place, Step } from './types.ts';

type InMenu = Extract<CallState, { name: 'in-menu' }>;

/** Does what the plan says. */
type Go = (action: RouteAction, place: Place) => Step;

const saidAgain = { 'wrong-key': 'menu-invalid', 'no-key': 'menu-timeout' } as const;

/** @param words said before it */
export function enterMenu(menu: Action<'menu'>, place: Place, words: readonly PromptId[] = []): Step {
  return {
    state: { name: 'in-menu', menu, place, triesLeft: menu.tries, after: 'start' },
    effects: [...noKeysAwaited, play([...words, menu]), note('menu', menu.prompt)],
  };
}

/** The menu has been said: now the wait for a key counts. */
export function menuSaid(state: InMenu): Step {
  return { state, effects: [{ do: 'start-timer', timer: 'first-digit', seconds: state.menu.seconds }] };
}

/** A key counts at once, also while the menu is being said. */
export function keyInMenu(state: InMenu, key: string, go: Go): Step {
  const { menu, place } = state;
  if (!isMenuKey(key)) return stay(state);
  const choice = menu.options[key];
  if (choice === undefined) return missed(state, 'wrong-key', go);
  const noted = note('choice', key, choice.kind);
  switch (choice.kind) {
    case 'again':
      return after([noted], sayAgain(state));
    case 'back': {
      const above = place.menus.at(-1);
      if (above === undefined) return after([noted], sayAgain(state));
      return after([noted], enterMenu(above, { ...place, menus: place.menus.slice(0, -1) }));
    }
    default:
      return after([noted, ...noKeysAwaited, quiet], go(choice, { ...place, menus: [...place.menus, menu] }));
  }
}

export function noKeyInMenu(state: InMenu, go: Go): Step {
  return missed(state, 'no-key', go);
}

/** What the plan has for callers who don't choose belongs to the menus above: it leads back there, not into this one. */
function missed(state: InMenu, why: keyof typeof saidAgain, go: Go): Step {
  const { menu, place, triesLeft } = state;
  if (triesLeft > 1) {
    return {
      state: { ...state, triesLeft: triesLeft - 1, after: why },
      effects: [...noKeysAwaited, play([saidAgain[why], menu])],
    };
  }
  const noted = note('choice', null, why);
  if (menu.timeout === null)
    return after([noted, ...noKeysAwaited], sayAndEnd(['goodbye'], 'no-choice-made'));
  return after([noted, ...noKeysAwaited, quiet], go(menu.timeout, place));
}

function sayAgain(state: InMenu): Step {
  return { state: { ...state, after: 'start' }, effects: [...noKeysAwaited, play([state.menu])] };
}

function isMenuKey(key: string): key is MenuKey {
  return menuKeys.some((one) => one === key);
}

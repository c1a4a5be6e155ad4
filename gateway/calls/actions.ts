import type { RouteAction } from '../../dialplans/types.ts';
import type { Refusal } from '../ports.ts';
import type { EndReason } from '../reasons.ts';
import { offerLanguages } from './language.ts';
import { enterMenu } from './menu.ts';
import { askFirst } from './pin.ts';
import { approach } from './room.ts';
import { after, end, music, note, noKeysAwaited, play, quiet, sayAndEnd } from './steps.ts';
import { noAnswerAwaited, talk } from './talk.ts';
import type { Action, CallRules, CallState, Effect, Place, Purpose, Step } from './types.ts';

export const outside: Place = { isAnswered: false, menus: [] };

/** Does what the plan says of a caller. What has to be heard waits for the answer; what can be said in signalling doesn't. */
export function enact(action: RouteAction, place: Place, rules: CallRules): Step {
  const waiting = { place, ahead: '' };
  switch (action.kind) {
    case 'policy':
      return {
        state: { name: 'asking-policy', action, ...waiting },
        effects: [meanwhile(place), { do: 'ask-policy', action }],
      };
    case 'join':
      return {
        state: { name: 'finding-room', action, ...waiting },
        effects: [
          ...(place.isAnswered ? [quiet] : []),
          { do: 'see', view: action.view },
          { do: 'find-room', action },
        ],
      };
    case 'go-to':
      return {
        state: { name: 'routing', place: { ...place, menus: [] }, ahead: '' },
        effects: [note('go-to', action.called), { do: 'route-again', called: action.called }],
      };
    case 'transfer':
      return {
        state: { name: 'transferring', ...waiting },
        effects: [
          ...(place.isAnswered ? [play(['transferring'], true)] : []),
          { do: 'transfer', to: action.to },
        ],
      };
    case 'bridge':
      return {
        state: { name: 'bridging', action, ...waiting },
        effects: [
          ...(place.isAnswered ? [music] : []),
          { do: 'start-timer', timer: 'no-answer', seconds: action.seconds },
          { do: 'bridge', action },
        ],
      };
    case 'reject':
      if (!place.isAnswered && action.prompt === null) return end(reasonOf(action), refusalOf(action));
      return answeredFor(action, place, rules);
    default:
      return answeredFor(action, place, rules);
  }
}

/** Answers, if that is still to be done, and begins. */
export function answeredFor(purpose: Purpose, place: Place, rules: CallRules): Step {
  if (place.isAnswered) return begin(purpose, place, rules);
  return { state: { name: 'answering', next: purpose, place }, effects: [{ do: 'answer' }] };
}

/** What an answered caller gets. */
export function begin(purpose: Purpose, place: Place, rules: CallRules): Step {
  if (!('kind' in purpose)) {
    return 'words' in purpose
      ? sayAndEnd([purpose.words], purpose.reason)
      : after([note('room', purpose.room, purpose.role)], approach(purpose, rules));
  }
  switch (purpose.kind) {
    case 'menu':
      return enterMenu(purpose, place);
    case 'play':
      return {
        state: { name: 'listening', then: purpose.then, place, ahead: '' },
        effects: [play([purpose]), note('prompt', purpose.prompt)],
      };
    case 'ask-pin':
      return after([{ do: 'see', view: purpose.view }], askForMeeting(purpose, place, rules));
    case 'reject':
      return sayAndEnd(
        [purpose.prompt === null ? 'rejected' : { prompt: purpose.prompt }],
        reasonOf(purpose),
        refusalOf(purpose),
      );
    case 'connected':
      return talk(purpose.action);
    case 'echo':
      return { state: { name: 'echo', keys: '' }, effects: [play(['echo-test'])] };
  }
}

function askForMeeting(action: Action<'ask-pin'>, place: Place, rules: CallRules): Step {
  return action.languages.length > 1 ? offerLanguages(action, place) : askFirst(action, place, rules);
}

/** Nobody hears silence while something is waited for. */
function meanwhile({ isAnswered }: Place): Effect {
  return isAnswered ? music : { do: 'ring' };
}

type Transferring = Extract<CallState, { name: 'transferring' }>;
type Bridging = Extract<CallState, { name: 'bridging' }>;

export function transferOver({ place }: Transferring, done: boolean): Step {
  const noted = note('transfer', null, done ? 'done' : 'failed');
  return after([noted], done ? end('transferred') : failed('transfer-failed', 'transfer-failed', place));
}

export function bridgeFailed({ action, place }: Bridging, reason: EndReason, rules: CallRules): Step {
  // What was heard of it before the answer is heard no more.
  const before: readonly Effect[] = [
    noAnswerAwaited,
    note('bridge', action.trunk, reason),
    { do: 'hear', source: 'nothing' },
    { do: 'connect', connected: false },
  ];
  if (action.otherwise !== null) return after(before, enact(action.otherwise, place, rules));
  return after(before, failed('call-failed', reason, place));
}

/** Words and back to the menu, where the caller came out of one. */
function failed(words: 'transfer-failed' | 'call-failed', reason: EndReason, place: Place): Step {
  const menu = place.menus.at(-1);
  if (!place.isAnswered) return end(reason);
  if (menu === undefined) return after(noKeysAwaited, sayAndEnd([words, 'goodbye'], reason));
  return enterMenu(menu, { ...place, menus: place.menus.slice(0, -1) }, [words]);
}

function reasonOf({ why }: Action<'reject'>): EndReason {
  return why === 'no-route' ? 'no-route' : 'rejected-by-plan';
}

function refusalOf({ code, text }: Action<'reject'>): Refusal {
  return { status: code, text };
}

import { bridgeFailed, begin, enact, answeredFor, outside, transferOver } from './actions.ts';
import { keyForLanguage, languagesSaid, noKeyForLanguage } from './language.ts';
import { keyInMenu, menuSaid, noKeyInMenu } from './menu.ts';
import { askFirst, askForPin, digit, promptOver, refused, timeOut } from './pin.ts';
import {
  approach,
  companyInRoom,
  companyWhileWaiting,
  joined,
  joinIsSlow,
  keyInRoom,
  keyWhileJoining,
  link,
  linkWhileJoining,
  mute,
  mutedByHost,
  videoLimited,
} from './room.ts';
import { after, end, note, sayAndEnd, stay } from './steps.ts';
import { callerHears, letGo, otherSideAnswered, otherSideHeard, otherSideRings, talking } from './talk.ts';
import type { CallEvent, CallRules, CallState, Company, Step } from './types.ts';

type In<N extends CallState['name']> = Extract<CallState, { readonly name: N }>;

/**
 * A call's whole behaviour: what it is now and what happened give what it is next and what is to be done.
 * Pure; whatever does not fit a state changes nothing. `company` is the newest look into the room.
 */
export function step(state: CallState, event: CallEvent, company: Company, rules: CallRules): Step {
  if (state.name === 'ended') return stay(state);
  if (state.name === 'leaving') return leaving(state, event);
  if (event.type === 'stop') return stop(state, event);
  if (event.type === 'timer' && event.timer === 'duration')
    return after(letGo(state, 'time-limit'), sayAndEnd(['time-limit'], 'time-limit'));
  switch (state.name) {
    case 'arriving':
      return event.type === 'arrived' ? enact(event.action, outside, rules) : stay(state);
    case 'answering':
      // The other side may be gone while the caller's device still answers.
      if (event.type === 'bridge-over') return end(event.reason);
      return event.type === 'answered' ? answered(state, rules) : stay(state);
    case 'talking':
      return talking(state, event);
    case 'asking-policy':
    case 'finding-room':
    case 'routing':
    case 'transferring':
    case 'bridging':
    case 'listening':
      return waiting(state, event, rules);
    case 'in-menu':
      return inMenu(state, event, rules);
    case 'choosing-language':
      return choosingLanguage(state, event, rules);
    case 'asking-pin':
      return askingPin(state, event, rules);
    case 'checking-pin':
      return checkingPin(state, event, rules);
    case 'waiting-for-host':
      if (event.type === 'company') return companyWhileWaiting(state, event.company);
      if (event.type === 'timer' && event.timer === 'company')
        return sayAndEnd(['empty-limit'], 'no-host-came');
      return stay(state);
    case 'joining':
      return joining(state, event, company, rules);
    case 'in-room':
      return inRoom(state, event, rules);
    case 'echo':
      return echo(state, event);
  }
}

function answered({ next, place }: In<'answering'>, rules: CallRules): Step {
  const limit = { do: 'start-timer', timer: 'duration', seconds: rules.maxDurationMinutes * 60 } as const;
  return after([limit], begin(next, { ...place, isAnswered: true }, rules));
}

type Waiting = In<'asking-policy' | 'finding-room' | 'routing' | 'transferring' | 'bridging' | 'listening'>;

/** More than anybody types ahead; of a stuck keypad the last ones count. */
const mostAhead = 40;

function waiting(state: Waiting, event: CallEvent, rules: CallRules): Step {
  if (event.type === 'digit') return stay({ ...state, ahead: (state.ahead + event.digit).slice(-mostAhead) });
  const next = waitOver(state, event, rules);
  if (next === null) return stay(state);
  // Whoever comes back from a transfer or a call hears the menu again first.
  return state.name === 'transferring' || state.name === 'bridging' ? next : press(next, state.ahead, rules);
}

/** Null: it is not over yet. */
function waitOver(state: Waiting, event: CallEvent, rules: CallRules): Step | null {
  const { place } = state;
  switch (state.name) {
    case 'asking-policy':
      if (event.type !== 'policy-said') return null;
      return after(
        [note('policy', hostOf(state.action.url), event.note)],
        enact(event.action ?? state.action.fallback, place, rules),
      );
    case 'finding-room':
      return event.type === 'room-found' ? answeredFor(event.purpose, place, rules) : null;
    case 'routing':
      return event.type === 'routed' ? enact(event.action, place, rules) : null;
    case 'transferring':
      return event.type === 'transfer-over' ? transferOver(state, event.done) : null;
    case 'bridging':
      return bridging(state, event, rules);
    case 'listening':
      return event.type === 'played' ? enact(state.then, place, rules) : null;
  }
}

function bridging(state: In<'bridging'>, event: CallEvent, rules: CallRules): Step | null {
  switch (event.type) {
    case 'bridge-ringing':
      return otherSideRings(state);
    case 'bridge-early':
      return otherSideHeard(state);
    case 'hears-early':
      return callerHears(state);
    case 'bridge-answered':
      return otherSideAnswered(state);
    case 'bridge-failed':
      return bridgeFailed(state, event.reason, rules);
    case 'timer':
      if (event.timer !== 'no-answer') return null;
      return after(letGo(state, 'no-answer'), bridgeFailed(state, 'no-answer', rules));
    default:
      return null;
  }
}

/** Of an address that may hold secrets, what may be shown. */
function hostOf(url: string): string {
  return /^[a-z]+:\/\/(?:[^/?#]*@)?([^/?#]*)/i.exec(url)?.[1] ?? '';
}

/** Presses keys that were pressed before anybody waited for them. In a room they would be commands. */
function press(before: Step, keys: string, rules: CallRules): Step {
  return Array.from(keys).reduce((so, key) => {
    if (!takesKeys(so.state)) return so;
    return after(so.effects, step(so.state, { type: 'digit', digit: key }, nobody, rules));
  }, before);
}

const nobody: Company = { others: 0, hostPresent: false };

function takesKeys({ name }: CallState): boolean {
  return !['joining', 'in-room', 'waiting-for-host', 'echo', 'leaving', 'ended', 'checking-pin'].includes(
    name,
  );
}

function inMenu(state: In<'in-menu'>, event: CallEvent, rules: CallRules): Step {
  const go: Parameters<typeof keyInMenu>[2] = (action, place) => enact(action, place, rules);
  if (event.type === 'digit') return keyInMenu(state, event.digit, go);
  if (event.type === 'played') return menuSaid(state);
  return isFirstDigitTimer(event) ? noKeyInMenu(state, go) : stay(state);
}

function choosingLanguage(state: In<'choosing-language'>, event: CallEvent, rules: CallRules): Step {
  const go: Parameters<typeof keyForLanguage>[2] = (action, place) => askFirst(action, place, rules);
  if (event.type === 'digit') return keyForLanguage(state, event.digit, go);
  if (event.type === 'played') return languagesSaid(state);
  return isFirstDigitTimer(event) ? noKeyForLanguage(state, go) : stay(state);
}

function isFirstDigitTimer(event: CallEvent): boolean {
  return event.type === 'timer' && event.timer === 'first-digit';
}

function askingPin(state: In<'asking-pin'>, event: CallEvent, rules: CallRules): Step {
  if (event.type === 'digit') return digit(state, event.digit, rules);
  if (event.type === 'played') return promptOver(state, rules);
  if (event.type === 'timer' && (event.timer === 'first-digit' || event.timer === 'next-digit'))
    return timeOut(state);
  return stay(state);
}

function checkingPin(state: In<'checking-pin'>, event: CallEvent, rules: CallRules): Step {
  switch (event.type) {
    case 'digit':
      if (state.question.what === 'pin') return stay(state);
      return stay({ ...state, ahead: (state.ahead + event.digit).slice(-mostAhead) });
    case 'pin-refused':
      return refused(state);
    case 'pin-blocked':
      return after(
        [note(state.question.what, null, 'blocked')],
        sayAndEnd(['blocked'], 'pin-guessing-blocked'),
      );
    case 'pin-found':
      return after(
        [note('pin', null, 'right'), note('room', event.destination.room, event.destination.role)],
        approach(event.destination, rules),
      );
    case 'meeting-found': {
      const found = note('meeting', null, 'found');
      if (event.purpose !== null) return after([found], begin(event.purpose, state.question.place, rules));
      return press(after([found], askForPin(state, rules)), state.ahead, rules);
    }
    default:
      return stay(state);
  }
}

function joining(state: In<'joining'>, event: CallEvent, company: Company, rules: CallRules): Step {
  switch (event.type) {
    case 'joined':
      return joined(state, company, rules);
    case 'link':
      return linkWhileJoining(state, event.state);
    case 'digit':
      return keyWhileJoining(state, event.digit);
    case 'timer':
      return event.timer === 'slow-join' ? joinIsSlow(state) : stay(state);
    default:
      return stay(state);
  }
}

function inRoom(state: In<'in-room'>, event: CallEvent, rules: CallRules): Step {
  switch (event.type) {
    case 'company':
      return companyInRoom(state, event.company, rules);
    case 'digit':
      return keyInRoom(state, event.digit);
    case 'mute':
      return mute(state, event.muted);
    case 'muted-by-host':
      return mutedByHost(state, event.muted);
    case 'camera-muted-by-host':
      return stay({ ...state, cameraMuted: event.muted });
    case 'link':
      return link(state, event.state);
    case 'video-limited':
      return videoLimited(state, event.limited);
    case 'timer':
      if (event.timer === 'keys') return stay({ ...state, keys: '' });
      if (event.timer === 'notice') return stay({ ...state, notice: null });
      return event.timer === 'company' ? sayAndEnd(['empty-limit'], 'empty-room-limit') : stay(state);
    default:
      return stay(state);
  }
}

function echo(state: In<'echo'>, event: CallEvent): Step {
  if (event.type === 'played') return { state, effects: [{ do: 'hear', source: 'echo' }] };
  if (event.type !== 'digit') return stay(state);
  return state.keys + event.digit === '##' ? end('caller-left') : stay({ ...state, keys: event.digit });
}

/** The first cause counts, and its words are being said already: what fails meanwhile neither stops nor renames it. */
function leaving(state: In<'leaving'>, event: CallEvent): Step {
  const over =
    event.type === 'played' ||
    (event.type === 'stop' && event.words === null) ||
    (event.type === 'timer' && event.timer === 'last-words');
  return over ? end(state.reason, state.refusal) : stay(state);
}

function stop(state: CallState, event: Extract<CallEvent, { type: 'stop' }>): Step {
  if (event.words === null || !canHear(state)) return end(event.reason);
  return after(letGo(state, event.reason), sayAndEnd([event.words], event.reason));
}

/** Words need an answered leg and a moment. */
function canHear(state: CallState): boolean {
  if (state.name === 'arriving' || state.name === 'answering') return false;
  return 'place' in state ? state.place.isAnswered : true;
}

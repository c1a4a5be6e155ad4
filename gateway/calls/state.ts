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
import { ask, digit, promptOver, refused, timeOut } from './pin.ts';
import { end, play, sayAndEnd, stay } from './steps.ts';
import type { CallEvent, CallRules, CallState, Company, Purpose, Step } from './types.ts';

/**
 * A call's whole behaviour: what it is now and what happened give what it is next and what is to be done.
 * Pure; whatever does not fit a state changes nothing. `company` is the newest look into the room.
 */
export function step(state: CallState, event: CallEvent, company: Company, rules: CallRules): Step {
  if (state.name === 'ended') return stay(state);
  if (state.name === 'leaving') return leaving(state, event);
  if (event.type === 'stop') return stop(state, event);
  if (event.type === 'timer' && event.timer === 'duration') return sayAndEnd(['time-limit'], 'time-limit');
  switch (state.name) {
    case 'answering':
      return event.type === 'answered' ? answered(state, rules) : stay(state);
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

function answered(state: Extract<CallState, { name: 'answering' }>, rules: CallRules): Step {
  const begun = begin(state.next, rules);
  const limit = { do: 'start-timer', timer: 'duration', seconds: rules.maxDurationMinutes * 60 } as const;
  return { ...begun, effects: [limit, ...begun.effects] };
}

function begin(purpose: Purpose, rules: CallRules): Step {
  if (purpose === 'ask-pin')
    return ask(['welcome', 'enter-pin'], { attemptsLeft: rules.pinTries, after: 'start' });
  if (purpose === 'echo') return { state: { name: 'echo', keys: '' }, effects: [play(['echo-test'])] };
  return 'words' in purpose ? sayAndEnd([purpose.words], purpose.reason) : approach(purpose, rules);
}

function askingPin(
  state: Extract<CallState, { name: 'asking-pin' }>,
  event: CallEvent,
  rules: CallRules,
): Step {
  if (event.type === 'digit') return digit(state, event.digit, rules);
  if (event.type === 'played') return promptOver(state, rules);
  if (event.type === 'timer' && event.timer !== 'company') return timeOut(state);
  return stay(state);
}

function checkingPin(
  state: Extract<CallState, { name: 'checking-pin' }>,
  event: CallEvent,
  rules: CallRules,
): Step {
  if (event.type === 'pin-refused') return refused(state.attemptsLeft);
  if (event.type === 'pin-blocked') return sayAndEnd(['blocked'], 'pin-guessing-blocked');
  return event.type === 'pin-found' ? approach(event.destination, rules) : stay(state);
}

function joining(
  state: Extract<CallState, { name: 'joining' }>,
  event: CallEvent,
  company: Company,
  rules: CallRules,
): Step {
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

function inRoom(state: Extract<CallState, { name: 'in-room' }>, event: CallEvent, rules: CallRules): Step {
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

function echo(state: Extract<CallState, { name: 'echo' }>, event: CallEvent): Step {
  if (event.type === 'played') return { state, effects: [{ do: 'hear', source: 'echo' }] };
  if (event.type !== 'digit') return stay(state);
  return state.keys + event.digit === '##' ? end('caller-left') : stay({ ...state, keys: event.digit });
}

/** The first cause counts, and its words are being said already: what fails meanwhile neither stops nor renames it. */
function leaving(state: Extract<CallState, { name: 'leaving' }>, event: CallEvent): Step {
  const over =
    event.type === 'played' ||
    (event.type === 'stop' && event.words === null) ||
    (event.type === 'timer' && event.timer === 'last-words');
  return over ? end(state.reason) : stay(state);
}

function stop(state: CallState, event: Extract<CallEvent, { type: 'stop' }>): Step {
  // Words need an answered leg and a moment.
  if (event.words === null || state.name === 'answering') return end(event.reason);
  return sayAndEnd([event.words], event.reason);
}

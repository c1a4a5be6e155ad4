import type { CallEvent, CallRules, CallState, Company, Destination, Effect, Step } from './types.ts';
import { end, music, play, quiet, sayAndEnd, stay } from './steps.ts';

type InRoom = Extract<CallState, { name: 'in-room' }>;
type Waiting = Extract<CallState, { name: 'waiting-for-host' }>;

const noCompanyTimer: Effect = { do: 'stop-timer', timer: 'company' };

function companyTimer(rules: CallRules): Effect {
  return { do: 'start-timer', timer: 'company', seconds: rules.emptyRoomMinutes * 60 };
}

/** From the PIN or the dial plan towards the room: by the lobby where the meeting wants a host first. */
export function approach(destination: Destination, rules: CallRules): Step {
  const watch: Effect = { do: 'watch', room: destination.room };
  if (destination.waitForHost && destination.role === 'guest')
    return {
      state: { name: 'waiting-for-host', destination },
      effects: [watch, play(['wait-for-host'], true), companyTimer(rules)],
    };
  return {
    state: { name: 'joining', destination },
    effects: [watch, play(['joining']), { do: 'join', destination }],
  };
}

/** The lobby is enforced in the media: until a host is there the caller is not in the room at all. */
export function companyWhileWaiting(state: Waiting, company: Company): Step {
  if (!company.hostPresent) return stay(state);
  const { destination } = state;
  return {
    state: { name: 'joining', destination },
    effects: [noCompanyTimer, play(['host-arrived']), { do: 'join', destination }],
  };
}

export function joined(destination: Destination, company: Company, rules: CallRules): Step {
  const alone = company.others === 0;
  const effects: Effect[] = [{ do: 'hear', source: 'room' }];
  if (alone) effects.push(play(['first-here'], true), companyTimer(rules));
  else effects.push({ do: 'tone', room: destination.room, tone: 'join' });
  return { state: { name: 'in-room', destination, alone, muted: false, keys: '' }, effects };
}

export function companyInRoom(state: InRoom, company: Company, rules: CallRules): Step {
  const alone = company.others === 0;
  if (alone === state.alone) return stay(state);
  return {
    state: { ...state, alone },
    effects: alone ? [music, companyTimer(rules)] : [quiet, noCompanyTimer],
  };
}

/** `*6` mutes and unmutes, `##` leaves; other keys mean nothing. */
export function keyInRoom(state: InRoom, key: string, keySeconds: number): Step {
  const keys = state.keys + key;
  if (keys === '*6') return mute({ ...state, keys: '' }, !state.muted);
  if (keys === '##') return leave(state);
  if (key === '*' || key === '#')
    return { state: { ...state, keys: key }, effects: [{ do: 'start-timer', timer: 'keys', seconds: keySeconds }] };
  return { state: { ...state, keys: '' }, effects: [{ do: 'stop-timer', timer: 'keys' }] };
}

export function mutedByHost(state: InRoom, muted: boolean): Step {
  if (muted === state.muted) return stay(state);
  return { state: { ...state, muted }, effects: [say(state, muted ? 'muted-by-host' : 'unmuted')] };
}

export function link(state: InRoom, link: Extract<CallEvent, { type: 'link' }>['state']): Step {
  switch (link) {
    case 'lost':
      return { state, effects: [play(['connection-lost'])] };
    case 'restored':
      return { state, effects: [say(state, 'connection-back')] };
    case 'removed':
      return sayAndEnd(['removed-by-host'], 'removed-by-host');
    case 'room-deleted':
      return sayAndEnd(['room-ended'], 'room-ended');
    case 'unreachable':
      return sayAndEnd(['room-unavailable'], 'room-unavailable');
  }
}

function mute(state: InRoom, muted: boolean): Step {
  return {
    state: { ...state, muted },
    effects: [{ do: 'stop-timer', timer: 'keys' }, { do: 'mute', muted }, say(state, muted ? 'muted' : 'unmuted')],
  };
}

/** Words in the room; whoever is alone goes back to the music after them. */
function say(state: InRoom, prompt: 'muted' | 'unmuted' | 'muted-by-host' | 'connection-back'): Effect {
  return play([prompt], state.alone);
}

function leave(state: InRoom): Step {
  const step = end('caller-left');
  return state.alone
    ? step
    : { ...step, effects: [{ do: 'tone', room: state.destination.room, tone: 'leave' }, ...step.effects] };
}

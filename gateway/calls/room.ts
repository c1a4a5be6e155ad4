import type { LayoutName } from '../ports.ts';
import type { CallEvent, CallRules, CallState, Company, Destination, Effect, Step } from './types.ts';
import { end, music, play, quiet, sayAndEnd, stay } from './steps.ts';

type InRoom = Extract<CallState, { name: 'in-room' }>;
type Joining = Extract<CallState, { name: 'joining' }>;
type Waiting = Extract<CallState, { name: 'waiting-for-host' }>;

/** A join that takes longer is announced, so that the line never seems dead. */
const slowJoinSeconds = 1.5;
/** Time between the keys of a command such as `*6`. */
const keySeconds = 3;
/** Long enough to be read. */
const noticeSeconds = { layout: 4, 'slow-connection': 10 } as const;
const noCompanyTimer: Effect = { do: 'stop-timer', timer: 'company' };
const noKeysTimer: Effect = { do: 'stop-timer', timer: 'keys' };

function companyTimer(rules: CallRules): Effect {
  return { do: 'start-timer', timer: 'company', seconds: rules.emptyRoomMinutes * 60 };
}

/** From the PIN or the dial plan towards the room: by the lobby where the meeting wants a host first. */
export function approach(destination: Destination, rules: CallRules): Step {
  const before: readonly Effect[] = [
    { do: 'watch', room: destination.room },
    ...stayTimer(destination, rules),
  ];
  if (destination.waitForHost && destination.role === 'guest')
    return {
      state: { name: 'waiting-for-host', destination },
      effects: [...before, play(['wait-for-host'], true), companyTimer(rules)],
    };
  const next = enter(destination);
  return { ...next, effects: [...before, quiet, ...next.effects] };
}

/** A meeting may allow less time than calls have at most. */
function stayTimer({ maxMinutes }: Destination, { maxDurationMinutes }: CallRules): readonly Effect[] {
  if (maxMinutes === null || maxMinutes >= maxDurationMinutes) return [];
  return [{ do: 'start-timer', timer: 'duration', seconds: maxMinutes * 60 }];
}

function enter(destination: Destination): Step {
  return {
    state: { name: 'joining', destination, slow: false, typed: '' },
    effects: [
      { do: 'start-timer', timer: 'slow-join', seconds: slowJoinSeconds },
      { do: 'join', destination },
    ],
  };
}

/** The lobby is enforced in the media: until a host is there the caller is not in the room at all. */
export function companyWhileWaiting(state: Waiting, company: Company): Step {
  if (!company.hostPresent) return stay(state);
  const next = enter(state.destination);
  return { ...next, effects: [noCompanyTimer, play(['host-arrived']), ...next.effects] };
}

export function joinIsSlow(state: Joining): Step {
  return { state: { ...state, slow: true }, effects: [play(['joining'], true)] };
}

export function joined({ destination, slow, typed }: Joining, company: Company, rules: CallRules): Step {
  const { others } = company;
  const entered: Step = {
    state: {
      name: 'in-room',
      destination,
      others,
      mutedBy: null,
      cameraMuted: false,
      connected: true,
      keys: '',
      layout: rules.layout,
      notice: null,
    },
    effects: [
      { do: 'stop-timer', timer: 'slow-join' },
      { do: 'hear', source: 'room' },
      ...(others === 0 ? [play(['first-here'], true), companyTimer(rules)] : slow ? [quiet] : []),
    ],
  };
  return Array.from(typed).reduce((before, key) => {
    if (before.state.name !== 'in-room') return before;
    const after = keyInRoom(before.state, key);
    return { state: after.state, effects: [...before.effects, ...after.effects] };
  }, entered);
}

/** The last few are enough for any command. */
export function keyWhileJoining(state: Joining, key: string): Step {
  return stay({ ...state, typed: (state.typed + key).slice(-8) });
}

export function companyInRoom(state: InRoom, { others }: Company, rules: CallRules): Step {
  if (others === state.others) return stay(state);
  const next = { ...state, others };
  if (others === 0) return { state: next, effects: [music, companyTimer(rules)] };
  return { state: next, effects: state.others === 0 ? [quiet, noCompanyTimer] : [] };
}

/** `*6` mutes and unmutes, `*8` changes the layout, `##` leaves; other keys mean nothing. */
export function keyInRoom(state: InRoom, key: string): Step {
  const keys = state.keys + key;
  if (keys === '*6') return mute({ ...state, keys: '' }, state.mutedBy === null);
  if (keys === '*8') return changeLayout({ ...state, keys: '' });
  if (keys === '##') return end('caller-left');
  if (key === '*' || key === '#')
    return {
      state: { ...state, keys: key },
      effects: [{ do: 'start-timer', timer: 'keys', seconds: keySeconds }],
    };
  return { state: { ...state, keys: '' }, effects: [noKeysTimer] };
}

export function mutedByHost(state: InRoom, muted: boolean): Step {
  if (muted === (state.mutedBy !== null)) return stay(state);
  return {
    state: { ...state, mutedBy: muted ? 'host' : null },
    effects: [say(state, muted ? 'muted-by-host' : 'unmuted')],
  };
}

/** Those that fit any room, one after the other; each begins anew with the first that isn't seen already. */
function layoutAfter(layout: LayoutName): LayoutName {
  if (layout === 'grid') return 'speaker';
  return layout === 'speaker' ? 'auto' : 'grid';
}

function changeLayout(state: InRoom): Step {
  const next = notify({ ...state, layout: layoutAfter(state.layout) }, 'layout');
  return { ...next, effects: [noKeysTimer, ...next.effects] };
}

export function videoLimited(state: InRoom, limited: boolean): Step {
  if (limited) return notify(state, 'slow-connection');
  return stay(state.notice === 'slow-connection' ? { ...state, notice: null } : state);
}

function notify(state: InRoom, notice: keyof typeof noticeSeconds): Step {
  return {
    state: { ...state, notice },
    effects: [{ do: 'start-timer', timer: 'notice', seconds: noticeSeconds[notice] }],
  };
}

type LinkState = Extract<CallEvent, { type: 'link' }>['state'];

export function link(state: InRoom, link: LinkState): Step {
  switch (link) {
    case 'lost':
      return { state: { ...state, connected: false }, effects: [play(['connection-lost'], true)] };
    case 'restored':
      return { state: { ...state, connected: true }, effects: [say(state, 'connection-back')] };
    default:
      return linkEnded(link);
  }
}

/** A host or the server may let go of a caller who is in the room but has not heard so yet. */
export function linkWhileJoining(state: Joining, link: LinkState): Step {
  return link === 'lost' || link === 'restored' ? stay(state) : linkEnded(link);
}

function linkEnded(link: Exclude<LinkState, 'lost' | 'restored'>): Step {
  switch (link) {
    case 'removed':
      return sayAndEnd(['removed-by-host'], 'removed-by-host');
    case 'room-deleted':
      return sayAndEnd(['room-ended'], 'room-ended');
    case 'unreachable':
      return sayAndEnd(['room-unavailable'], 'room-unavailable');
  }
}

/** Also asked for by the API: `muted` is what it shall be. */
export function mute(state: InRoom, muted: boolean): Step {
  if (muted === (state.mutedBy !== null)) return stay(state);
  return {
    state: { ...state, mutedBy: muted ? 'caller' : null },
    effects: [noKeysTimer, { do: 'mute', muted }, say(state, muted ? 'muted' : 'unmuted')],
  };
}

/** Words in the room; whoever is alone goes back to the music after them. */
function say(state: InRoom, prompt: 'muted' | 'unmuted' | 'muted-by-host' | 'connection-back'): Effect {
  return play([prompt], state.others === 0);
}

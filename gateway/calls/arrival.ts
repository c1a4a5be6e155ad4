import { inTime } from '../in-time.ts';
import type { Meeting, Role } from '../ports.ts';
import type { Language, PromptId } from '../prompts/prompts.ts';
import { notAdmitted } from '../rooms/admission.ts';
import type { NotAdmitted } from '../rooms/admission.ts';
import { isMeetingNumber } from '../rooms/numbers.ts';
import type { CallDeps } from './call-deps.ts';
import type { RoomRules } from './known-rooms.ts';
import type { Action, Destination, TurnedAway } from './types.ts';

/** How somebody comes into a room. */
export interface Arrival {
  readonly purpose: Destination | TurnedAway | Action<'ask-pin'>;
  /** What a meeting says of it; null: as the rule or the configuration says. */
  readonly voice: { readonly language: Language | null; readonly brand: string | null };
  /** Id of the meeting whose PINs count; null: any of the tenant's. */
  readonly meeting: string | null;
}

/** What it takes to know whether a meeting is open now. */
type Present = Pick<CallDeps, 'clock' | 'margins'>;

const plainVoice = { language: null, brand: null };

/** Nothing of it is the plan's. */
const askPin: Omit<Action<'ask-pin'>, 'view'> = {
  kind: 'ask-pin',
  prompts: { welcome: null, ask: null, wrong: null },
  languages: [],
  tries: null,
  seconds: null,
  collect: 'pin',
};

const words = {
  'meeting-locked': 'meeting-locked',
  'meeting-not-yet': 'meeting-not-yet',
  'meeting-over': 'room-ended',
} as const satisfies Record<NotAdmitted, PromptId>;

/** Where a meeting takes a caller now. */
export function wayInto(
  meeting: RoomRules,
  role: Role,
  { clock, margins }: Present,
): Destination | TurnedAway {
  const reason = notAdmitted(meeting, role, clock.nowMs(), margins);
  if (reason !== null) return { reason, words: words[reason] };
  const { room, waitForHost, maxParticipants, maxMinutes } = meeting;
  return { room, role, waitForHost, maxParticipants, maxMinutes };
}

/** How long a caller waits for the database. */
const databaseMs = 5000;

/** A room that a meeting names follows the meeting's rules, by whichever door somebody comes. Throws `LegError`. */
export async function findWay(
  tenant: string,
  action: Action<'join'>,
  present: Present & Pick<CallDeps, 'meetings' | 'knownRooms'>,
): Promise<Arrival> {
  const { meetings, knownRooms } = present;
  const { room } = action;
  // Digits may be a meeting's number, which asks for its PIN.
  const mayBeNumber = isMeetingNumber(room);
  const named = await knownRooms.find(tenant, room, mayBeNumber || action.meetingsOnly);
  if (named !== null || !mayBeNumber) return byRoom(action, named, present);
  const looking = meetings.findByNumber(tenant, room);
  const numbered = await inTime(databaseMs, 'database-unavailable', looking);
  return numbered === null ? byRoom(action, null, present) : byNumber(numbered, action, present);
}

/** A room by its name, in which no PIN is asked for; its meeting's rules hold, where the dial plan has no others. */
function byRoom(
  { room, role, waitForHost, meetingsOnly }: Action<'join'>,
  meeting: RoomRules | null,
  present: Present,
): Arrival {
  if (meeting === null && meetingsOnly) {
    const purpose = { reason: 'unknown-meeting', words: 'goodbye-no-meeting' } as const;
    return { purpose, voice: plainVoice, meeting: null };
  }
  if (meeting === null) {
    const limits = { maxParticipants: null, maxMinutes: null };
    const purpose = { room, role, waitForHost: waitForHost ?? false, ...limits };
    return { purpose, voice: plainVoice, meeting: null };
  }
  const ruled = waitForHost === null ? meeting : { ...meeting, waitForHost };
  return { purpose: wayInto(ruled, role, present), voice: voiceOf(meeting), meeting: null };
}

/** A meeting by its number: its PIN is asked for, unless its guests need none. */
function byNumber(meeting: Meeting, { view }: Action<'join'>, present: Present): Arrival {
  const purpose = meeting.pins.guest === null ? wayInto(meeting, 'guest', present) : { ...askPin, view };
  return { purpose, voice: voiceOf(meeting), meeting: meeting.id };
}

export function voiceOf({ language, brand }: RoomRules): Arrival['voice'] {
  return { language, brand };
}

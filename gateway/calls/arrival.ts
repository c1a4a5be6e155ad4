import type { RouteAction } from '../../dialplans/types.ts';
import type { Meeting, Role } from '../ports.ts';
import type { PromptId, Voice } from '../prompts/prompts.ts';
import { notAdmitted } from '../rooms/admission.ts';
import type { NotAdmitted } from '../rooms/admission.ts';
import type { CallDeps } from './call-deps.ts';
import type { Destination, Purpose, TurnedAway } from './types.ts';

/** What a call begins with. */
export interface Beginning {
  readonly purpose: Purpose;
  /** What a meeting says of it; null: as the rule or the configuration says. */
  readonly voice: { readonly [key in keyof Voice]: Voice[key] | null };
  /** Id of the meeting whose PINs count; null: any of the tenant's. */
  readonly meeting: string | null;
}

type JoinAction = Extract<RouteAction, { kind: 'join' }>;

/** What it takes to know whether a meeting is open now. */
type Present = Pick<CallDeps, 'clock' | 'margins'>;

export const plainVoice = { language: null, brand: null };

const words = {
  'meeting-locked': 'meeting-locked',
  'meeting-not-yet': 'meeting-not-yet',
  'meeting-over': 'room-ended',
} as const satisfies Record<NotAdmitted, PromptId>;

/** Where a meeting takes a caller now. */
export function wayInto(meeting: Meeting, role: Role, { clock, margins }: Present): Destination | TurnedAway {
  const reason = notAdmitted(meeting, role, clock.nowMs(), margins);
  if (reason !== null) return { reason, words: words[reason] };
  const { room, waitForHost, maxParticipants, maxMinutes } = meeting;
  return { room, role, waitForHost, maxParticipants, maxMinutes };
}

/** A room by its name, in which no PIN is asked for; its meeting's rules hold, where the dial plan has no others. */
export function byRoom(
  { room, role, waitForHost }: JoinAction,
  meeting: Meeting | null,
  present: Present,
): Beginning {
  if (meeting === null) {
    const limits = { maxParticipants: null, maxMinutes: null };
    const purpose = { room, role, waitForHost: waitForHost ?? false, ...limits };
    return { purpose, voice: plainVoice, meeting: null };
  }
  const ruled = waitForHost === null ? meeting : { ...meeting, waitForHost };
  return { purpose: wayInto(ruled, role, present), voice: voiceOf(meeting), meeting: null };
}

/** A meeting by its number: its PIN is asked for, unless its guests need none. */
export function byNumber(meeting: Meeting, present: Present): Beginning {
  const purpose = meeting.pins.guest === null ? wayInto(meeting, 'guest', present) : 'ask-pin';
  return { purpose, voice: voiceOf(meeting), meeting: meeting.id };
}

function voiceOf({ language, brand }: Meeting): Beginning['voice'] {
  return { language, brand };
}

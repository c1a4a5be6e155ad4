import type { Meeting, Role } from '../ports.ts';
import { timeOf } from './schedule.ts';
import type { Margins } from './schedule.ts';

/** Why somebody may not come into a meeting now. */
export type NotAdmitted = 'meeting-locked' | 'meeting-not-yet' | 'meeting-over';

/** Null: welcome. A lock keeps no host out. Pure. */
export function notAdmitted(
  { locked, schedule }: Pick<Meeting, 'locked' | 'schedule'>,
  role: Role,
  nowMs: number,
  margins: Margins,
): NotAdmitted | null {
  const time = schedule === null ? 'open' : timeOf(schedule, nowMs, margins);
  if (time !== 'open') return `meeting-${time}`;
  return locked && role === 'guest' ? 'meeting-locked' : null;
}

import { brandName } from '../prompts/prompts.ts';
import type { MeetingDetails, MeetingKeys, Role } from '../ports.ts';
import { MeetingInvalid } from './errors.ts';
import type { MeetingFault } from './errors.ts';
import { isMeetingNumber } from './numbers.ts';
import { isPinShaped, isSimplePin } from './pins.ts';
import type { PinLengths } from './pins.ts';
import { scheduleProblem } from './schedule.ts';

const longestTitle = 200;
const mostParticipants = 10_000;
const mostMinutes = 100_000;

/** What can't be kept of a meeting's details, each with its field (`schedule/zone`); empty: all can. */
export function faultsOf(details: Partial<MeetingDetails>): MeetingFault[] {
  const { room, title, brand, schedule, maxParticipants, maxMinutes } = details;
  const faults = [
    room === undefined || isRoomName(room)
      ? null
      : fault(
          'room',
          'The room name can’t be used.',
          'Use 1 to 128 characters, none of them a control character.',
        ),
    title === undefined || (title.length <= longestTitle && !/[\p{Cc}\p{Cs}]/u.test(title))
      ? null
      : fault('title', 'The title can’t be used.', `Use at most ${longestTitle} characters, in one line.`),
    brand === undefined || brand === null || brandName.test(brand)
      ? null
      : fault(
          'brand',
          'The brand is no plain name.',
          'Use letters, digits, “.”, “-” and “_”, the first of them a letter or a digit.',
        ),
    limitFault('maxParticipants', maxParticipants, mostParticipants),
    limitFault('maxMinutes', maxMinutes, mostMinutes),
    scheduleFault(schedule),
  ];
  return faults.filter((one) => one !== null);
}

/** The same of a number and PINs that somebody wishes for. */
export function faultsOfKeys({ number, pins = {} }: MeetingKeys, lengths: PinLengths): MeetingFault[] {
  const roles: readonly Role[] = ['host', 'guest'];
  return [
    number === undefined || isMeetingNumber(number)
      ? null
      : fault('number', 'The number can’t be dialled.', 'Use 4 to 15 digits.'),
    ...roles.map((role) => {
      const pin = pins[role] ?? null;
      return pin === null ? null : pinFault(role, pin, lengths[role]);
    }),
    pins.host !== undefined && pins.host === pins.guest
      ? fault('pins/guest', 'Both PINs are the same.', 'Give hosts and guests different ones.')
      : null,
  ].filter((one) => one !== null);
}

/** Throws `MeetingInvalid`. */
export function refuseFaults(faults: readonly MeetingFault[]): void {
  if (faults.length > 0) throw new MeetingInvalid(faults);
}

function isRoomName(room: string): boolean {
  return room.trim() !== '' && room.length <= 128 && !/[\p{Cc}\p{Cs}]/u.test(room);
}

function limitFault(field: string, limit: number | null | undefined, most: number): MeetingFault | null {
  if (limit === undefined || limit === null) return null;
  if (Number.isInteger(limit) && limit >= 1 && limit <= most) return null;
  return fault(field, 'This is no limit.', `Write a whole number from 1 to ${most}, or leave it out.`);
}

function scheduleFault(schedule: MeetingDetails['schedule'] | undefined): MeetingFault | null {
  const problem = schedule ? scheduleProblem(schedule) : null;
  return problem && fault(`schedule/${problem.field}`, problem.message, problem.remedy);
}

/** No message tells the PIN. */
function pinFault(role: Role, pin: string, length: number): MeetingFault | null {
  const field = `pins/${role}`;
  if (!isPinShaped(pin)) return fault(field, 'This is no PIN.', 'Use 4 to 12 digits.');
  if (pin.length < length)
    return fault(field, 'The PIN is too short.', `Use at least ${length} digits, or let one be made.`);
  return isSimplePin(pin)
    ? fault(field, 'The PIN is easily guessed.', 'Use another one, or let one be made.')
    : null;
}

function fault(field: string, message: string, remedy: string): MeetingFault {
  return { field, message, remedy };
}

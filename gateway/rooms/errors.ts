import { GatewayError } from '../errors.ts';

/** What can't be kept of a meeting. */
export interface MeetingFault {
  /** `room`, `schedule/zone` */
  readonly field: string;
  readonly message: string;
  readonly remedy: string;
}

export class MeetingInvalid extends GatewayError {
  readonly faults: readonly MeetingFault[];

  constructor(faults: readonly MeetingFault[]) {
    super({
      code: 'MEETING_INVALID',
      httpStatus: 400,
      message: faults.map(({ field, message }) => `${field}: ${message}`).join(' '),
      remedy: faults.map(({ remedy }) => remedy).join(' '),
      errors: faults.map(({ field, message }) => ({ path: `/${field}`, message })),
    });
    this.faults = faults;
  }
}

/** What can't be read of a file. */
export interface CsvFault {
  readonly line: number;
  readonly column: string;
  readonly message: string;
  readonly remedy: string;
}

export class CsvInvalid extends GatewayError {
  constructor(faults: readonly CsvFault[]) {
    const [first] = faults;
    super({
      code: 'CSV_INVALID',
      httpStatus: 400,
      message: `Nothing was taken: ${faults.length} faults, the first in line ${first.line}, column ${first.column}.`,
      remedy: 'Mend what “errors” names, by line and column, and send the file again.',
      errors: faults.map((one) => ({
        path: `/${one.line}/${one.column.replaceAll('~', '~0').replaceAll('/', '~1')}`,
        message: `${one.message} ${one.remedy}`,
      })),
    });
  }
}

/** Somebody else changed the meeting since it was read. */
export class MeetingChanged extends GatewayError {
  constructor() {
    super({
      code: 'MEETING_CHANGED',
      httpStatus: 412,
      message: 'The meeting is not as you saw it any more: somebody else changed it.',
      remedy: 'Get it again, look at what is different, and send your change with its new ETag.',
    });
  }
}

/** A number or PIN that was wished for belongs to another meeting of the tenant, or was its own before. */
export class MeetingKeyTaken extends GatewayError {
  readonly field: string;

  constructor(field: 'number' | 'pins/host' | 'pins/guest') {
    const message =
      field === 'number'
        ? 'Another meeting has this number.'
        : 'This PIN can’t be had: PINs are unique among all meetings.';
    super({
      code: field === 'number' ? 'MEETING_NUMBER_TAKEN' : 'PIN_TAKEN',
      httpStatus: 409,
      message,
      remedy: 'Use another one, or leave it out: then one is made.',
      errors: [{ path: `/${field}`, message }],
    });
    this.field = field;
  }
}

/** No free PIN or number was found: nearly all of this length are taken. */
export class PinSpaceFull extends GatewayError {
  constructor() {
    super({
      code: 'PIN_SPACE_FULL',
      httpStatus: 507,
      message: 'No free PIN was found.',
      remedy: 'Remove meetings that are over, or use longer PINs (meetings.hostPinDigits, guestPinDigits).',
    });
  }
}

/** The keys of PINs are missing, broken, or not the ones that the PINs were made with. */
export class PinKeysUnusable extends GatewayError {
  constructor(file: string, what: string, cause?: unknown) {
    super({
      code: 'PIN_KEYS_UNUSABLE',
      httpStatus: 500,
      message: `The keys of PINs (${file}) can’t be used: ${what}.`,
      remedy:
        'Restore the file from a backup, or copy it from the gateway that shares this database. Without it PINs are lost: remove the meetings and make new ones.',
      cause,
    });
  }
}

/** The database does not answer. */
export class MeetingsUnavailable extends GatewayError {
  constructor(cause: unknown) {
    super({
      code: 'MEETINGS_UNAVAILABLE',
      httpStatus: 503,
      message: `Meetings can’t be read or written: ${isFull(cause) ? 'the disk is full' : 'the database does not answer'}.`,
      remedy: isFull(cause)
        ? 'Make room on the disk of the data folder or database, and try again.'
        : 'Check the database (/readyz, part records) and try again.',
      cause,
    });
  }
}

/** SQLITE_FULL; PostgreSQL's disk_full. */
function isFull(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  return code === 'SQLITE_FULL' || code === '53100';
}

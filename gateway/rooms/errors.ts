import { GatewayError } from '../errors.ts';

export class RoomNameInvalid extends GatewayError {
  constructor() {
    super({
      code: 'ROOM_NAME_INVALID',
      httpStatus: 400,
      message: 'The room name can’t be used.',
      remedy: 'Use 1 to 128 characters, none of them a control character.',
    });
  }
}

/** No free PIN was found: nearly all of this length are taken. */
export class PinSpaceFull extends GatewayError {
  constructor() {
    super({
      code: 'PIN_SPACE_FULL',
      httpStatus: 507,
      message: 'No free PIN was found.',
      remedy: 'Remove meetings that are over, or use longer PINs.',
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
      message: 'Meetings can’t be read or written: the database does not answer.',
      remedy: 'Check the database (/readyz, part records) and try again.',
      cause,
    });
  }
}

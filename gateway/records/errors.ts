import { GatewayError, messageOf } from '../errors.ts';

/** The database can't be reached, opened or brought to this version's tables. */
export class DatabaseUnavailable extends GatewayError {
  constructor(what: string, cause: unknown) {
    super({
      code: 'DATABASE_UNAVAILABLE',
      httpStatus: 503,
      message: `${what}: ${messageOf(cause)}`,
      remedy: 'Check database.url (DATABASE_URL), or that the data folder is there, writable and not full.',
      cause,
    });
  }
}

import { GatewayError, messageOf } from '../errors.ts';

/** The database can't be reached, opened or brought to this version's tables. */
export class DatabaseUnavailable extends GatewayError {
  constructor(what: string, cause: unknown) {
    super({
      code: 'DATABASE_UNAVAILABLE',
      httpStatus: 503,
      message: `${what}: ${wordsOf(cause)}`,
      remedy: 'Check database.url (DATABASE_URL), or that the data folder is there, writable and not full.',
      cause,
    });
  }
}

/** Of several addresses that all failed, Node has no words but a code. */
function wordsOf(cause: unknown): string {
  const first: unknown = cause instanceof AggregateError ? cause.errors.at(0) : undefined;
  return messageOf(first ?? cause);
}

/** The database is there and has no room for more. */
class StorageFull extends GatewayError {
  constructor(what: string, cause: unknown) {
    super({
      code: 'STORAGE_FULL',
      httpStatus: 507,
      message: `${what}: the database’s disk is full.`,
      remedy:
        'Free some space where the database is (the data folder, or PostgreSQL’s disk), then try again; nothing was changed.',
      cause,
    });
  }
}

/** What a statement that failed means to whoever asked for it. */
export function unavailable(what: string, error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // PostgreSQL's disk_full.
  return code === 'SQLITE_FULL' || code === '53100'
    ? new StorageFull(what, error)
    : new DatabaseUnavailable(what, error);
}

/** Two gateways of one name would end each other's calls and take each other's place in rooms. */
export class GatewayNameTaken extends GatewayError {
  constructor(name: string, holder: { readonly host: string; readonly started_at: string }) {
    super({
      code: 'GATEWAY_NAME_TAKEN',
      httpStatus: 409,
      message: `A gateway named “${name}” runs already, on ${holder.host} since ${holder.started_at}, with the same database.`,
      remedy:
        'Give each gateway a name of its own (name, GATEWAY_NAME), or a data folder that is no copy of another’s; or stop that one first.',
    });
  }
}

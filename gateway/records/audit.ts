import { randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { AuditEntry } from '../ports.ts';
import { unavailable } from './errors.ts';
import type { Tables } from './schema.ts';

export type NewAuditEntry = Omit<AuditEntry, 'id'>;

/** In the transaction of what it tells of, so that neither is there without the other. */
export async function addAudit(db: Kysely<Tables>, entry: NewAuditEntry): Promise<void> {
  const { at, by, action, subject, details } = entry;
  // Sorts by time; what follows only tells two of one millisecond apart.
  const id = `${String(Date.parse(at)).padStart(15, '0')}-${randomBytes(6).toString('hex')}`;
  await db
    .insertInto('audit')
    .values({ id, at, made_by: by, action, subject, details: JSON.stringify(details) })
    .execute();
}

/** Of what no table tells. Throws `DATABASE_UNAVAILABLE`. */
export async function keepAudit(db: Kysely<Tables>, entry: NewAuditEntry): Promise<void> {
  try {
    await addAudit(db, entry);
  } catch (error) {
    throw unavailable('the audit log can’t be written', error);
  }
}

/** The newest first, those before the one with the id `before`. Throws `DATABASE_UNAVAILABLE`. */
export async function readAudit(
  db: Kysely<Tables>,
  { before, limit }: { readonly before: string | null; readonly limit: number },
): Promise<readonly AuditEntry[]> {
  try {
    const rows = await db
      .selectFrom('audit')
      .selectAll()
      .$if(before !== null, (query) => query.where('id', '<', before ?? ''))
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
    return rows.map(({ id, at, made_by, action, subject, details }) => ({
      id,
      at,
      by: made_by,
      action,
      subject,
      details: JSON.parse(details) as Record<string, unknown>,
    }));
  } catch (error) {
    throw unavailable('the audit log can’t be read', error);
  }
}

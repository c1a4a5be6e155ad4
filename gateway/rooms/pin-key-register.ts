import type { Clock } from '../ports.ts';
import type { Db } from '../records/schema.ts';
import { PinKeysUnusable } from './errors.ts';
import { PinKeys } from './pin-keys.ts';

/**
 * The database remembers the ids of the keys in use: a gateway that shares it with other keys would take
 * every PIN of theirs for a wrong one. Throws `PinKeysUnusable`.
 */
export async function registerKeys(db: Db, keysFile: string, clock: Clock): Promise<void> {
  const keys = PinKeys.open(keysFile);
  const now = new Date(clock.nowMs()).toISOString();
  const id = keys.currentId;
  const refuseMissing = async (): Promise<void> => {
    const used = await db.selectFrom('pin_keys').select('id').execute();
    const missing = used.find((key) => !keys.has(key.id));
    if (missing === undefined) return;
    throw new PinKeysUnusable(keys.file, `the database has PINs of the key ${missing.id}, which is missing`);
  };
  // A key that no PIN uses any more may be lost.
  await db
    .deleteFrom('pin_keys')
    .where('id', 'not in', (query) => query.selectFrom('meeting_pins').select('key_id'))
    .where('id', 'not in', (query) => query.selectFrom('webhooks').select('key_id'))
    .where('id', '!=', id)
    .execute();
  await refuseMissing();
  await registerKey(db, id, now);
  try {
    // Another gateway may have registered keys of its own in the meantime.
    await refuseMissing();
  } catch (error) {
    await db.deleteFrom('pin_keys').where('id', '=', id).execute();
    throw error;
  }
}

export async function registerKey(db: Db, id: string, now: string): Promise<void> {
  await db
    .insertInto('pin_keys')
    .values({ id, created_at: now })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}

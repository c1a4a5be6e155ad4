import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Db } from '../records/schema.ts';
import { sealOwner } from './meeting-rows.ts';
import { registerKey } from './pin-key-register.ts';
import { addKey, PinKeys, removeKeys, useKey } from './pin-keys.ts';

/** What is made with a key. */
export interface KeyUse {
  readonly id: string;
  readonly current: boolean;
  /** False: the database has PINs of it, the file has it not. */
  readonly inFile: boolean;
  readonly pins: number;
  readonly secrets: number;
}

/** All keys of the file and of the database. Throws `PinKeysUnusable`. */
export async function keyUse(db: Db, file: string): Promise<KeyUse[]> {
  const { ids } = PinKeys.open(file);
  const count = async (table: 'meeting_pins' | 'webhooks') => {
    const rows = await db
      .selectFrom(table)
      .select(['key_id', ({ fn }) => fn.countAll<number | string>().as('count')])
      .groupBy('key_id')
      .execute();
    return new Map(rows.map((row) => [row.key_id, Number(row.count)]));
  };
  const [pins, secrets] = [await count('meeting_pins'), await count('webhooks')];
  return [...new Set([...ids.all, ...pins.keys(), ...secrets.keys()])].map((id) => ({
    id,
    current: id === ids.current,
    inFile: ids.all.includes(id),
    pins: pins.get(id) ?? 0,
    secrets: secrets.get(id) ?? 0,
  }));
}

/** A key of the file that is not the current one and that nothing uses; made when there is none. Its id. */
export async function spareKey(db: Db, file: string): Promise<string> {
  const spare = (await keyUse(db, file)).find((key) => key.inFile && !key.current && isUnused(key));
  return spare?.id ?? addKey(file);
}

/** From now on PINs are made with this key: first the database knows it, then the gateways see it in the file. */
export async function turnTo(db: Db, file: string, id: string, now: string): Promise<void> {
  await registerKey(db, id, now);
  useKey(file, id);
}

const batchSize = 200;

/**
 * Makes everything of older keys anew with the current one, some at a time, while gateways go on: a PIN is found by
 * its old or by its new digest all the while. May be interrupted, and done again. Throws `PinKeysUnusable`.
 */
export async function renewAll(db: Db, file: string, onProgress: (renewed: number) => void): Promise<number> {
  const keys = PinKeys.open(file);
  let renewed = 0;
  for (;;) {
    const count = (await renewPins(db, keys)) + (await renewSecrets(db, keys));
    if (count === 0) return renewed;
    renewed += count;
    onProgress(renewed);
    await nextTurn();
  }
}

async function renewPins(db: Db, keys: PinKeys): Promise<number> {
  const rows = await db
    .selectFrom('meeting_pins as p')
    .innerJoin('meetings as m', 'm.id', 'p.meeting_id')
    .select(['p.digest', 'p.meeting_id', 'p.role', 'p.key_id', 'p.sealed', 'm.tenant'])
    .where('p.key_id', '!=', keys.currentId)
    .limit(batchSize)
    .execute();
  await db.transaction().execute(async (transaction) => {
    for (const row of rows) {
      const owner = sealOwner(row.meeting_id, row.role === 'host' ? 'host' : 'guest');
      const pin = keys.unseal(row.sealed, row.key_id, owner);
      await transaction
        .updateTable('meeting_pins')
        .set({ digest: keys.digest(row.tenant, pin), key_id: keys.currentId, sealed: keys.seal(pin, owner) })
        .where('digest', '=', row.digest)
        .execute();
    }
  });
  return rows.length;
}

async function renewSecrets(db: Db, keys: PinKeys): Promise<number> {
  const rows = await db
    .selectFrom('webhooks')
    .select(['id', 'secret', 'key_id'])
    .where('key_id', '!=', keys.currentId)
    .limit(batchSize)
    .execute();
  for (const { id, secret, key_id } of rows) {
    const sealed = keys.seal(keys.unseal(secret, key_id, secretOwner(id)), secretOwner(id));
    await db
      .updateTable('webhooks')
      .set({ secret: sealed, key_id: keys.currentId })
      .where('id', '=', id)
      .where('secret', '=', secret)
      .execute();
  }
  return rows.length;
}

/** Takes keys that nothing uses any more out of the file and the database; their ids. Throws `PinKeysUnusable`. */
export async function prune(db: Db, file: string): Promise<string[]> {
  const unused = (await keyUse(db, file)).filter((key) => !key.current && isUnused(key)).map(({ id }) => id);
  if (unused.length === 0) return [];
  // The database refuses it when a gateway has made a PIN with one of them just now.
  await db.deleteFrom('pin_keys').where('id', 'in', unused).execute();
  removeKeys(file, unused);
  return unused;
}

function isUnused({ pins, secrets }: KeyUse): boolean {
  return pins === 0 && secrets === 0;
}

/** What a webhook's sealed secret is bound to. */
export function secretOwner(webhookId: string): string {
  return `webhook/${webhookId}`;
}

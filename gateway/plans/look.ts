import { existsSync } from 'node:fs';
import { databaseFile, openPostgres, openSqlite } from '../records/database.ts';
import type { DatabaseOptions } from '../records/database.ts';
import type { StoredPlans } from './stored.ts';
import { PlanTables } from './tables.ts';

/** The database's plans, as the next start finds them; looks and changes nothing. Throws what the database says. */
export async function lookAtPlans({ url, dataFolder, log }: DatabaseOptions): Promise<StoredPlans> {
  const none: StoredPlans = { revision: 0, plans: [], canaries: [] };
  if (url === '' && !existsSync(databaseFile(dataFolder))) return none;
  const db = url === '' ? openSqlite(dataFolder) : openPostgres(url, log);
  try {
    const tables = await db.introspection.getTables();
    return tables.some(({ name }) => name === 'plans') ? await new PlanTables(db).load() : none;
  } finally {
    await db.destroy();
  }
}

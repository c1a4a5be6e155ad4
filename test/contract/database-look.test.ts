import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../gateway/records/database.ts';
import { lookAtDatabase } from '../../gateway/records/look.ts';
import { describeWith } from '../support/needs.ts';
import { missingForPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { quietLog } from '../support/quiet-log.ts';

describeWith([missingForPostgres()], 'a look at PostgreSQL', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.close());

  it('says its version, its clock and which tables are to come, and makes none', async () => {
    const options = { url: postgres.url, dataFolder: '/nowhere', log: quietLog() };
    const fresh = await lookAtDatabase(options);
    expect(fresh?.version).toMatch(/^\d+\.\d+/);
    expect(fresh?.pending).toContain('2026-11-calls-and-meetings');
    expect(Math.abs((fresh?.clockMs ?? 0) - Date.now())).toBeLessThan(60_000);
    expect((await lookAtDatabase(options))?.pending).toEqual(fresh?.pending);
    await (await openDatabase(options)).close();
    expect((await lookAtDatabase(options))?.pending).toEqual([]);
  });
});

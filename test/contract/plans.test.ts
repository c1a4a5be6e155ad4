import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { resolve } from '../../dialplans/resolve.ts';
import type { Plan } from '../../dialplans/plan.ts';
import { openPlans } from '../../gateway/plans/open.ts';
import type { Plans } from '../../gateway/plans/plans.ts';
import { readAudit } from '../../gateway/records/audit.ts';
import { callTo } from '../support/dial-plan.ts';
import { describeWith } from '../support/needs.ts';
import { quietLog } from '../support/quiet-log.ts';
import {
  echoPlan,
  openTestPlans,
  shippedPrompts,
  type TestPlans,
  type TestPlansOptions,
} from '../support/plans.ts';
import { missingForPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';

const ann = { by: 'ann', note: 'first' };
const bob = { by: 'bob', note: 'second' };
const never = new AbortController().signal;
const rules = (plan: Plan) => plan.rules.map(({ name }) => name).sort();

const open: TestPlans[] = [];

/** As if nothing had ever been published. */
async function empty({ database, plans }: TestPlans): Promise<void> {
  for (const table of ['plans', 'plan_versions', 'plan_canaries', 'audit'])
    await sql`delete from ${sql.table(table)}`.execute(database.db);
  await sql`update plan_revision set revision = revision + 1`.execute(database.db);
  await plans.poll();
}

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** What holds on every database. `url` is asked for at run time, since a server may first have to start. */
function contract(url: () => string): void {
  const start = async (more: TestPlansOptions = {}): Promise<TestPlans> => {
    const opened = await openTestPlans({ url: url(), ...more });
    open.push(opened);
    return opened;
  };
  let gateway: TestPlans;
  /** Another gateway on the same database, or the same one after a restart. */
  const another = (more: TestPlansOptions = {}) => start({ dataFolder: `${gateway.folder}/data`, ...more });

  beforeEach(async () => {
    gateway = await start();
    await empty(gateway);
  });
  const put = (name: string, text: string, expected: Parameters<TestPlans['desk']['put']>[1] = 'new') =>
    gateway.desk.put({ name, text }, expected, ann);

  describe('publishing', () => {
    it('counts at once, beside the files, and for calls from then on', async () => {
      const before = gateway.plans.current();
      await put('acme', echoPlan('acme', 2000));
      expect(rules(gateway.plans.current())).toEqual(['acme', 'main']);
      expect(rules(before)).toEqual(['main']);
      expect(gateway.desk.list()).toMatchObject([
        { name: 'acme', owner: 'database', version: 1, enabled: true, updatedBy: 'ann', note: 'first' },
        { name: 'main.yaml', owner: 'file', version: null, enabled: true },
      ]);
    });

    it('of a plan with mistakes changes nothing, and says where they are', async () => {
      await put('acme', echoPlan('acme', 2000));
      const revision = await gateway.plans.tables.revision();
      const error = await put('acme', 'version: 1\nrulez: []', { etags: ['v1'] }).catch((e: unknown) => e);
      expect(error).toMatchObject({
        code: 'PLAN_INVALID',
        httpStatus: 422,
        problems: [{ file: 'acme', line: 2, column: 1, code: 'PLAN_UNKNOWN_KEY' }],
      });
      expect(rules(gateway.plans.current())).toEqual(['acme', 'main']);
      expect(await gateway.plans.tables.revision()).toBe(revision);
      expect(await gateway.desk.versions('acme')).toHaveLength(1);
    });

    it('is checked together with everything else', async () => {
      await expect(put('acme', echoPlan('main', 2000))).rejects.toMatchObject({
        code: 'PLAN_INVALID',
        problems: [{ code: 'PLAN_DUPLICATE_RULE' }],
      });
    });

    it('of a draft is stored, and counts for nothing', async () => {
      const draft = { name: 'acme', text: 'version: 1\nrulez: []', enabled: false };
      await gateway.desk.put(draft, 'new', ann);
      expect(rules(gateway.plans.current())).toEqual(['main']);
      expect(gateway.desk.get('acme')).toMatchObject({ enabled: false, text: draft.text });
      const enabled = { ...draft, text: echoPlan('acme', 2000), enabled: true };
      await gateway.desk.put(enabled, { etags: ['v1'] }, ann);
      expect(rules(gateway.plans.current())).toEqual(['acme', 'main']);
      await gateway.desk.put({ ...enabled, enabled: false }, { etags: ['v2'] }, ann);
      expect(rules(gateway.plans.current())).toEqual(['main']);
    });

    it('by two admins at once: one of them is told who was faster, when, and with what', async () => {
      await put('acme', echoPlan('acme', 2000));
      const text = (number: number) => ({ name: 'acme', text: echoPlan('acme', number) });
      const both = await Promise.allSettled([
        gateway.desk.put(text(2001), { etags: ['v1'] }, ann),
        gateway.desk.put(text(2002), { etags: ['v1'] }, bob),
      ]);
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const lost = both.find((one) => one.status === 'rejected');
      expect(lost?.reason).toMatchObject({
        code: 'PLAN_VERSION_CONFLICT',
        httpStatus: 412,
        current: { version: 2, by: 'ann', note: 'first' },
      });
      expect(await gateway.desk.versions('acme')).toHaveLength(2);
    });

    it('of a new plan does not write over one that came meanwhile', async () => {
      await put('acme', echoPlan('acme', 2000));
      await expect(put('acme', echoPlan('acme', 2001))).rejects.toMatchObject({
        code: 'PLAN_VERSION_CONFLICT',
      });
      await expect(put('other', echoPlan('x', 1), { etags: ['v1'] })).rejects.toMatchObject({
        code: 'PLAN_VERSION_CONFLICT',
        current: null,
      });
    });

    it('under the name of a file, or one that could be a file’s, is refused', async () => {
      await expect(put('main.yaml', echoPlan('a', 1))).rejects.toMatchObject({ code: 'PLAN_IS_A_FILE' });
      await expect(put('other.yaml', echoPlan('a', 1))).rejects.toMatchObject({ code: 'PLAN_NAME_UNUSABLE' });
      await expect(put('../x', echoPlan('a', 1))).rejects.toMatchObject({ code: 'PLAN_NAME_UNUSABLE' });
    });
  });

  describe('history', () => {
    it('has every version, with who, when and why, and what differs', async () => {
      await put('acme', echoPlan('acme', 2000));
      await gateway.desk.put({ name: 'acme', text: echoPlan('acme', 2001) }, { etags: ['v1'] }, bob);
      expect(await gateway.desk.versions('acme')).toMatchObject([
        { version: 2, by: 'bob', note: 'second', kind: 'published' },
        { version: 1, by: 'ann', note: 'first', kind: 'published' },
      ]);
      expect(await gateway.desk.versionText('acme', 1)).toBe(echoPlan('acme', 2000));
      const { text, changes } = await gateway.desk.diff('acme', 1, 2, never);
      expect(text).toContain('-    match: { called: 2000 }');
      expect(text).toContain('+    match: { called: 2001 }');
      expect(changes).toEqual([{ kind: 'changed', part: 'rules', name: 'acme', keys: ['match'] }]);
    });

    it('rolls back to an old text as a new version', async () => {
      await put('acme', echoPlan('old', 2000));
      await gateway.desk.put({ name: 'acme', text: echoPlan('new', 2000) }, { etags: ['v1'] }, bob);
      expect(await gateway.desk.rollBack('acme', 1, { etags: ['v2'] }, ann)).toMatchObject({ version: 3 });
      expect(rules(gateway.plans.current())).toEqual(['main', 'old']);
      await expect(gateway.desk.rollBack('acme', 9, { etags: ['v3'] }, ann)).rejects.toMatchObject({
        code: 'PLAN_VERSION_NOT_FOUND',
      });
      await expect(gateway.desk.rollBack('acme', 1, { etags: ['v2'] }, ann)).rejects.toMatchObject({
        code: 'PLAN_VERSION_CONFLICT',
      });
    });

    it('outlives the plan, whose numbers are not given again', async () => {
      await put('acme', echoPlan('acme', 2000));
      await gateway.desk.remove('acme', { etags: ['v1'] }, bob);
      expect(rules(gateway.plans.current())).toEqual(['main']);
      expect(() => gateway.desk.get('acme')).toThrow(/no plan “acme”/);
      expect(await gateway.desk.versionText('acme', 1)).toBe(echoPlan('acme', 2000));
      expect(await put('acme', echoPlan('acme', 2000))).toMatchObject({ version: 2 });
    });

    it('is in the audit log, too', async () => {
      await put('acme', echoPlan('acme', 2000));
      await gateway.desk.rollBack('acme', 1, { etags: ['v1'] }, bob);
      await gateway.desk.remove('acme', { etags: ['*'] }, bob);
      const page = { before: null, limit: 2 };
      const newest = await readAudit(gateway.database.db, page);
      expect(newest).toMatchObject([
        { by: 'bob', action: 'plan.removed', subject: 'acme', details: { version: 2 } },
        { by: 'bob', action: 'plan.rolled-back', details: { version: 2, before: 1, to: 1 } },
      ]);
      const rest = await readAudit(gateway.database.db, { ...page, before: newest.at(-1)?.id ?? null });
      expect(rest).toMatchObject([{ by: 'ann', action: 'plan.published', details: { note: 'first' } }]);
    });
  });

  describe('taking a file over', () => {
    it('makes a draft that stands for the file once it is enabled', async () => {
      const copy = await gateway.desk.takeOver('main.yaml', 'main', ann);
      expect(copy).toMatchObject({ name: 'main', enabled: false, replaces: 'main.yaml', version: 1 });
      expect(rules(gateway.plans.current())).toEqual(['main']);

      const text = echoPlan('mine', 1000);
      await gateway.desk.put({ name: 'main', text, enabled: true }, { etags: ['v1'] }, ann);
      expect(rules(gateway.plans.current())).toEqual(['mine']);
      expect(gateway.desk.get('main.yaml')).toMatchObject({ enabled: false, replacedBy: 'main' });

      await gateway.desk.remove('main', { etags: ['v2'] }, ann);
      expect(rules(gateway.plans.current())).toEqual(['main']);
      await expect(gateway.desk.takeOver('nothing.yaml', 'x', ann)).rejects.toMatchObject({
        code: 'PLAN_NOT_FOUND',
      });
    });
  });

  describe('files that change', () => {
    it('count beside the database’s plans, and a broken one changes nothing and holds up no publication', async () => {
      await put('acme', echoPlan('acme', 2000));
      await gateway.writeFile('main.yaml', 'version: 1\nrules: [oops');
      await gateway.plans.reload();
      expect(gateway.plans.problems()).toMatchObject([{ file: 'main.yaml', code: 'PLAN_YAML', line: 2 }]);
      expect(gateway.plans.status()).toMatchObject({ state: 'down' });
      await gateway.desk.put({ name: 'acme', text: echoPlan('acme2', 2000) }, { etags: ['v1'] }, ann);
      expect(rules(gateway.plans.current())).toEqual(['acme2', 'main']);
      expect(gateway.plans.problems()).toMatchObject([{ file: 'main.yaml' }]);

      await gateway.writeFile('main.yaml', echoPlan('better', 1000));
      await gateway.plans.reload();
      expect(gateway.plans.problems()).toEqual([]);
      expect(rules(gateway.plans.current())).toEqual(['acme2', 'better']);
      expect(gateway.plans.status()).toMatchObject({ state: 'up' });
    });

    it('and don’t go with the database’s plans change nothing', async () => {
      await put('acme', echoPlan('acme', 2000));
      await gateway.writeFile('more.yaml', echoPlan('acme', 3000));
      await gateway.plans.reload();
      expect(gateway.plans.problems()).toMatchObject([{ code: 'PLAN_DUPLICATE_RULE' }]);
      expect(rules(gateway.plans.current())).toEqual(['acme', 'main']);
    });
  });

  describe('two gateways', () => {
    it('have the same plans as soon as the other one has looked', async () => {
      const other = await another({ pollMs: 50 });
      await put('acme', echoPlan('acme', 2000));
      await vi.waitFor(() => expect(rules(other.plans.current())).toEqual(['acme', 'main']), 2_000);
      expect(other.plans.current().version).toBe(gateway.plans.current().version);
    });
  });

  describe('a canary', () => {
    const tried = (plan: Plan, called: string) => resolve(plan, callTo(called)).route.rule;
    const startCanary = (more: object = {}) =>
      gateway.canaries.start(
        'acme',
        {
          text: echoPlan('new', 2000),
          ...{ numbers: [], share: 50, failureRate: 10, calls: 10, ...more },
        },
        bob,
      );
    /** Ends calls by their ids, as the calls would. */
    const end = (on: TestPlans, ids: readonly string[], outcome: (rule: string | null) => boolean) => {
      for (const id of ids) {
        const plan = on.plans.planFor({ id, called: '2000' });
        const { trace, route } = resolve(plan, callTo('2000'));
        on.plans.ended({ trace, endReason: outcome(route.rule) ? 'caller-hung-up' : 'no-route' });
      }
    };
    const ids = Array.from({ length: 200 }, (_, n) => `call-${n}`);

    beforeEach(async () => {
      await put('acme', echoPlan('old', 2000));
    });

    it('has its share of the calls, the same ones each time, and on every gateway', async () => {
      await startCanary({ share: 25 });
      const other = await another();
      const side = (on: TestPlans, id: string) => tried(on.plans.planFor({ id, called: '2000' }), '2000');
      const first = ids.map((id) => side(gateway, id));
      const share = first.filter((rule) => rule === 'new').length;
      expect(share).toBeGreaterThan(25);
      expect(share).toBeLessThan(75);
      expect(ids.map((id) => side(other, id))).toEqual(first);
      expect(gateway.plans.current()).not.toBe(
        gateway.plans.planFor({ id: ids[first.indexOf('new')], called: '2000' }),
      );
    });

    it('has the calls to its numbers only', async () => {
      await startCanary({ numbers: ['2000'], share: 100 });
      expect(tried(gateway.plans.planFor({ id: 'a', called: '2000' }), '2000')).toBe('new');
      expect(gateway.plans.planFor({ id: 'a', called: '1000' })).toBe(gateway.plans.current());
    });

    it('is taken back by itself when more of its calls fail than may, and than of the others', async () => {
      await startCanary();
      end(gateway, ids, (rule) => rule === 'old');
      // From that moment on, whatever the database does.
      expect(
        ids.every((id) => gateway.plans.planFor({ id, called: '2000' }) === gateway.plans.current()),
      ).toBe(true);
      await gateway.plans.poll();
      expect(gateway.canaries.of('acme')).toMatchObject({
        state: 'taken-back',
        endedBy: 'gateway',
        reason: expect.stringMatching(/10 of its 10 calls failed \(100 %, more than 10 %\)/) as string,
      });
      const [entry] = await readAudit(gateway.database.db, { before: null, limit: 1 });
      expect(entry).toMatchObject({ by: 'gateway', action: 'canary.taken-back', subject: 'acme' });
      expect(gateway.desk.get('acme')).toMatchObject({ version: 1, canary: null });
    });

    it('goes on while the others fail as often: then something else is broken', async () => {
      await startCanary();
      end(gateway, ids, () => false);
      await gateway.plans.poll();
      expect(gateway.canaries.of('acme')).toMatchObject({ state: 'running' });
    });

    it('is judged by the calls of all gateways, and taken back on all', async () => {
      const other = await another();
      await startCanary({ calls: 100 });
      await other.plans.poll();
      const mine = ids.filter((_, n) => n % 2 === 0);
      end(gateway, mine, (rule) => rule === 'old');
      end(
        other,
        ids.filter((id) => !mine.includes(id)),
        (rule) => rule === 'old',
      );
      await gateway.plans.poll();
      await other.plans.poll();
      expect(other.canaries.of('acme')).toMatchObject({ state: 'running' });
      end(
        other,
        ids.map((id) => `more-${id}`),
        (rule) => rule === 'old',
      );
      await other.plans.poll();
      await gateway.plans.poll();
      for (const one of [gateway, other])
        expect(one.canaries.of('acme')).toMatchObject({ state: 'taken-back' });
    });

    it('goes on after a restart with what was counted', async () => {
      const restarted = await another();
      await restarted.canaries.start(
        'acme',
        { text: echoPlan('new', 2000), numbers: [], share: 50, failureRate: 10, calls: 1000 },
        bob,
      );
      end(restarted, ids, (rule) => rule === 'old');
      const before = restarted.canaries.of('acme');
      expect(before.candidate.failed + before.rest.served).toBe(200);
      await restarted.plans.close();
      const again = await another();
      expect(again.canaries.of('acme')).toEqual(before);
    });

    it('is promoted to all calls, and locks its plan until then', async () => {
      await startCanary();
      await expect(put('acme', echoPlan('x', 2000), { etags: ['v1'] })).rejects.toMatchObject({
        code: 'CANARY_RUNNING',
      });
      await expect(startCanary()).rejects.toMatchObject({ code: 'CANARY_RUNNING' });
      await gateway.canaries.promote('acme', ann);
      expect(rules(gateway.plans.current())).toEqual(['main', 'new']);
      expect(gateway.desk.get('acme')).toMatchObject({ version: 2, updatedBy: 'ann', canary: null });
      expect(gateway.canaries.of('acme')).toMatchObject({ state: 'promoted', endedBy: 'ann' });
      expect((await gateway.desk.versions('acme'))[0]).toMatchObject({ version: 2, kind: 'candidate' });
      await expect(gateway.canaries.promote('acme', ann)).rejects.toMatchObject({ code: 'CANARY_NOT_FOUND' });
    });

    it('ends when it is told to, and its number is not given again', async () => {
      await startCanary();
      await gateway.canaries.end('acme', ann);
      expect(gateway.plans.planFor({ id: 'a', called: '2000' })).toBe(gateway.plans.current());
      expect(await put('acme', echoPlan('x', 2000), { etags: ['v1'] })).toMatchObject({ version: 3 });
    });

    it('with mistakes, with nothing new, or with other trunks does not begin', async () => {
      await expect(startCanary({ text: 'version: 1\nrulez: []' })).rejects.toMatchObject({
        code: 'PLAN_INVALID',
      });
      await expect(startCanary({ text: echoPlan('old', 2000) })).rejects.toMatchObject({
        code: 'CANARY_UNUSABLE',
      });
      const trunks = 'trunks: [{ name: t, sources: [192.0.2.1] }]\n';
      await expect(startCanary({ text: echoPlan('new', 2000) + trunks })).rejects.toMatchObject({
        code: 'CANARY_UNUSABLE',
      });
    });

    it('is taken back when it does not go with other plans any more', async () => {
      await startCanary();
      await put('other', echoPlan('new', 3000));
      expect(gateway.plans.planFor({ id: 'a', called: '2000' })).toBe(gateway.plans.current());
      await gateway.plans.poll();
      expect(gateway.canaries.of('acme')).toMatchObject({
        state: 'taken-back',
        reason: expect.stringContaining('there is another rule "new"') as string,
      });
    });

    it('is in the records of its calls, as are the versions of all', async () => {
      await startCanary({ numbers: ['2000'], share: 100 });
      const trace = (id: string, called: string) =>
        gateway.plans.withVersions(resolve(gateway.plans.planFor({ id, called }), callTo(called)).trace);
      expect(trace('a', '2000')).toMatchObject({ plan: 'acme', planVersion: 'v2', canary: 'acme v2' });
      expect(trace('a', '1000')).toMatchObject({
        plan: 'main.yaml',
        planVersion: expect.stringMatching(/^f[0-9a-f]{12}$/) as string,
        canary: null,
      });
    });
  });
}

describe('SQLite', () => {
  contract(() => '');

  it('that is full says so, and nothing has changed', async () => {
    const gateway = await openTestPlans();
    open.push(gateway);
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(gateway.database.db);
    await sql`pragma max_page_count = ${sql.lit(rows[0].page_count)}`.execute(gateway.database.db);
    const text = `${echoPlan('acme', 2000)}# ${'x'.repeat(200_000)}\n`;
    await expect(gateway.desk.put({ name: 'acme', text }, 'new', ann)).rejects.toMatchObject({
      code: 'STORAGE_FULL',
      httpStatus: 507,
      remedy: expect.stringContaining('Free some space') as string,
    });
    expect(rules(gateway.plans.current())).toEqual(['main']);
    expect(gateway.desk.list()).toHaveLength(1);
    await sql`pragma max_page_count = 1000000`.execute(gateway.database.db);
    expect(await gateway.desk.put({ name: 'acme', text }, 'new', ann)).toMatchObject({ version: 1 });
  });
});

describeWith([missingForPostgres()], 'PostgreSQL', () => {
  let postgres: TestPostgres;

  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.close());

  contract(() => postgres.url);

  describe('two gateways', () => {
    let gateway: TestPlans;
    let other: TestPlans;
    beforeEach(async () => {
      gateway = await openTestPlans({ url: postgres.url });
      other = await openTestPlans({ url: postgres.url });
      open.push(gateway, other);
      await empty(gateway);
      await other.plans.poll();
    });

    it('that publish different plans at once get both, and never a pair that the check refuses', async () => {
      const results = await Promise.allSettled([
        gateway.desk.put({ name: 'one', text: echoPlan('one', 2001) }, 'new', ann),
        other.desk.put({ name: 'two', text: echoPlan('two', 2002) }, 'new', bob),
        gateway.desk.put({ name: 'three', text: echoPlan('same', 2003) }, 'new', ann),
        other.desk.put({ name: 'four', text: echoPlan('same', 2004) }, 'new', bob),
      ]);
      expect(results.map(({ status }) => status).sort()).toEqual([
        ...['fulfilled', 'fulfilled', 'fulfilled'],
        'rejected',
      ]);
      expect(results.find((one) => one.status === 'rejected')?.reason).toMatchObject({
        code: 'PLAN_INVALID',
      });
      await Promise.all([gateway.plans.poll(), other.plans.poll()]);
      expect(rules(gateway.plans.current())).toEqual(['main', 'one', 'same', 'two']);
      expect(other.plans.current().version).toBe(gateway.plans.current().version);
    });

    it('that publish the same plan at once: one of them is told', async () => {
      await gateway.desk.put({ name: 'acme', text: echoPlan('acme', 2000) }, 'new', ann);
      await other.plans.poll();
      const next = { name: 'acme', text: echoPlan('acme', 2001) };
      const results = await Promise.allSettled([
        gateway.desk.put(next, { etags: ['v1'] }, ann),
        other.desk.put(next, { etags: ['v1'] }, bob),
      ]);
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(results.find((one) => one.status === 'rejected')?.reason).toMatchObject({
        code: 'PLAN_VERSION_CONFLICT',
      });
    });
  });

  describe('that goes away', () => {
    let gateway: TestPlans;
    beforeEach(async ({ skip }) => {
      if (!postgres.managed) skip('this PostgreSQL is not ours to stop');
      gateway = await openTestPlans({ url: postgres.url });
      open.push(gateway);
      await empty(gateway);
    });

    it('while plans are published: nothing that was confirmed is lost, and nothing is published by half', async () => {
      const confirmed = new Map<number, string>();
      const refused: unknown[] = [];
      let killed: Promise<void> | null = null;
      for (let n = 0; n < 60; n++) {
        const text = echoPlan(`rule-${n}`, 2000 + n);
        const publishing = gateway.desk
          .put({ name: 'acme', text }, n === 0 ? 'new' : { etags: ['*'] }, ann)
          .then(({ version }) => confirmed.set(version ?? 0, text))
          .catch((error: unknown) => refused.push(error));
        // In the midst of it.
        if (n === 20) killed = postgres.kill();
        await publishing;
        if (n === 40) {
          await killed;
          await postgres.restart();
        }
      }
      expect(confirmed.size).toBeGreaterThan(20);
      expect(refused.length).toBeGreaterThan(0);
      for (const error of refused)
        expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', httpStatus: 503 });

      const versions = await gateway.desk.versions('acme');
      for (const [version, text] of confirmed)
        expect(await gateway.desk.versionText('acme', version)).toBe(text);
      expect(await readAudit(gateway.database.db, { before: null, limit: 1000 })).toHaveLength(
        versions.length,
      );
      await gateway.plans.poll();
      const fresh = await openTestPlans({ url: postgres.url });
      open.push(fresh);
      for (const one of [gateway, fresh]) {
        expect(one.desk.get('acme')).toMatchObject({ version: Math.max(...confirmed.keys()) });
        expect(rules(one.plans.current())).toEqual(['main', 'rule-59']);
      }
    });

    it('leaves the last good plans in force, and says so; a start goes by the copy of them', async () => {
      await gateway.desk.put({ name: 'acme', text: echoPlan('acme', 2000) }, 'new', ann);
      await postgres.kill();
      await gateway.plans.poll();
      expect(gateway.plans.status()).toMatchObject({
        state: 'down',
        detail: expect.stringMatching(/can’t be read.*calls go on with revision \d+/) as string,
      });
      expect(rules(gateway.plans.current())).toEqual(['acme', 'main']);
      expect(gateway.desk.get('acme')).toMatchObject({ version: 1 });

      const folder = `${gateway.folder}/data`;
      const plans = await openPlansOnly(gateway, join(folder, 'plans.json'));
      expect(rules(plans.current())).toEqual(['acme', 'main']);
      expect(plans.status()).toMatchObject({ state: 'down' });
      expect(plans.isWhole).toBe(true);
      const unknowing = await openPlansOnly(gateway, join(folder, 'nothing.json'));
      expect(rules(unknowing.current())).toEqual(['main']);
      expect(unknowing.isWhole).toBe(false);
      expect(unknowing.status()).toMatchObject({
        state: 'down',
        detail: expect.stringContaining('calls go by the files') as string,
      });

      await postgres.restart();
      await gateway.desk.put({ name: 'acme', text: echoPlan('new', 2000) }, { etags: ['v1'] }, ann);
      await plans.poll();
      expect(plans.status()).toMatchObject({ state: 'up' });
      expect(rules(plans.current())).toEqual(['main', 'new']);
      await unknowing.poll();
      expect(rules(unknowing.current())).toEqual(['main', 'new']);
      expect(unknowing.isWhole).toBe(true);
      await unknowing.close();
      await plans.close();
    });
  });
});

/** A gateway's plans once more, as at a start. */
function openPlansOnly({ folder, database }: TestPlans, copyFile: string): Promise<Plans> {
  const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
  const given = { prompts: shippedPrompts, clock, log: quietLog(), pollMs: 1_000_000 };
  return openPlans({ folder, db: database.db, copyFile, ...given });
}

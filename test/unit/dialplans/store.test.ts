import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PlanError } from '../../../dialplans/errors.ts';
import type { Plan } from '../../../dialplans/plan.ts';
import { openPlans, type Plans } from '../../../dialplans/store.ts';

const rule = (name: string, number: number) =>
  `version: 1\nrules: [{name: ${name}, match: {called: ${number}}, action: echo}]\n`;
const names = (plan: Plan) => plan.rules.map(({ name }) => name);

let folder: string;
let plans: Plans | undefined;
const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
const onChange = vi.fn();

const write = (name: string, text: string) => writeFile(join(folder, name), text);
const open = async (): Promise<Plans> => (plans = await openPlans(folder, { log, onChange }));
/** Waits for the watcher, with a deadline. */
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 8_000, interval: 20 });

beforeEach(async () => {
  vi.clearAllMocks();
  folder = await mkdtemp(join(tmpdir(), 'plans-'));
});

afterEach(async () => {
  await plans?.close();
  plans = undefined;
  await rm(folder, { recursive: true });
});

describe('at the start', () => {
  it('merges the files of the folder in the order of their names, and takes nothing else for a plan', async () => {
    await write('b.yml', rule('second', 2));
    await write('a.yaml', rule('first', 1));
    await write('.c.yaml.swp', 'garbage: [');
    await write('a.yaml~', 'garbage: [');
    await write('README.md', 'garbage: [');
    expect(names((await open()).current())).toEqual(['first', 'second']);
    expect(onChange).not.toHaveBeenCalled();
  });

  it('refuses a broken plan, an empty folder and a missing one with a message that names the remedy', async () => {
    await expect(open()).rejects.toThrow(/PLAN_NO_FILES/);
    await write('a.yaml', 'version: 1\nrulez: []');
    await expect(open()).rejects.toThrow(/a\.yaml:2:1: the file has no key "rulez"/);
    await expect(openPlans(join(folder, 'nowhere'), { log })).rejects.toThrow(/PLAN_UNREADABLE/);
  });

  it('refuses a file of more than a megabyte without parsing it', async () => {
    await write('a.yaml', `version: 1\n#${'x'.repeat(1024 * 1024)}`);
    const error: unknown = await open().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PlanError);
    expect((error as PlanError).problems).toMatchObject([{ file: 'a.yaml', code: 'PLAN_TOO_LARGE' }]);
  });
});

describe('while it runs', () => {
  it('takes a saved file, whether written in place, renamed over, added or removed', async () => {
    await write('a.yaml', rule('old', 1));
    const store = await open();
    const current = () => store.current();
    const pinned = current();

    await write('a.yaml', rule('new', 1));
    await eventually(() => expect(names(current())).toEqual(['new']));
    await write('.a.tmp', rule('newer', 1));
    await rename(join(folder, '.a.tmp'), join(folder, 'a.yaml'));
    await eventually(() => expect(names(current())).toEqual(['newer']));
    await write('b.yaml', rule('more', 2));
    await eventually(() => expect(names(current())).toEqual(['newer', 'more']));
    await rm(join(folder, 'b.yaml'));
    await eventually(() => expect(names(current())).toEqual(['newer']));

    expect(names(pinned)).toEqual(['old']);
    expect(onChange).toHaveBeenLastCalledWith(current());
  });

  it('keeps the last good plan while a file is broken, says why, and forgets the problem when it is mended', async () => {
    await write('a.yaml', rule('good', 1));
    const store = await open();
    await write('a.yaml', 'version: 1\nrules: [oops');
    await eventually(() =>
      expect(store.problems()).toMatchObject([{ file: 'a.yaml', code: 'PLAN_YAML', line: 2 }]),
    );
    expect(names(store.current())).toEqual(['good']);
    expect(log.error).toHaveBeenCalledWith(
      expect.objectContaining({ problems: store.problems() }),
      'dial plan has mistakes, the last good one stays',
    );
    expect(onChange).not.toHaveBeenCalled();

    await write('a.yaml', rule('good', 1));
    await eventually(() => expect(store.problems()).toEqual([]));
    await write('a.yaml', rule('better', 1));
    await eventually(() => expect(names(store.current())).toEqual(['better']));
  });

  it('keeps the last good plan when the files vanish', async () => {
    await write('a.yaml', rule('good', 1));
    const store = await open();
    await rm(join(folder, 'a.yaml'));
    await eventually(() => expect(store.problems()).toMatchObject([{ code: 'PLAN_NO_FILES' }]));
    expect(names(store.current())).toEqual(['good']);
  });

  it('finds trunks by the plan that is in force', async () => {
    await write('a.yaml', 'version: 1\ntrunks: [{name: one, sources: [192.0.2.1]}]');
    const store = await open();
    expect(store.findTrunk('192.0.2.1', 'udp')).toEqual({
      name: 'one',
      sources: ['192.0.2.1'],
      srtp: 'prefer',
      video: true,
      tls: false,
    });
    await write('a.yaml', 'version: 1\ntrunks: [{name: two, sources: [192.0.2.0/24], srtp: require}]');
    await store.reload();
    expect(store.findTrunk('192.0.2.1', 'udp')).toMatchObject({ name: 'two', srtp: 'require' });
    expect(store.findTrunk('198.51.100.1', 'udp')).toBeNull();
  });

  it('closes more than once, and changes nothing afterwards', async () => {
    await write('a.yaml', rule('good', 1));
    const store = await open();
    await store.close();
    await store.close();
    await write('a.yaml', rule('late', 1));
    await store.reload();
    expect(names(store.current())).toEqual(['good']);
  });
});

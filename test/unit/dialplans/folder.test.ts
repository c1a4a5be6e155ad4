import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PlanError } from '../../../dialplans/errors.ts';
import { openPlanFolder, type PlanFolder } from '../../../dialplans/folder.ts';
import { maxFileBytes } from '../../../dialplans/yaml.ts';

let path: string;
let folder: PlanFolder | undefined;
const log = { warn: vi.fn() };
const onChange = vi.fn();

const write = (name: string, text: string) => writeFile(join(path, name), text);
const open = async (): Promise<PlanFolder> => (folder = await openPlanFolder(path, { log, onChange }));
const names = () => folder?.files().texts.map(({ name }) => name);
const texts = () => folder?.files().texts.map(({ text }) => text);
/** Waits for the watcher, with a deadline. */
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 8_000, interval: 20 });

beforeEach(async () => {
  vi.clearAllMocks();
  path = await mkdtemp(join(tmpdir(), 'plans-'));
});

afterEach(async () => {
  await folder?.close();
  folder = undefined;
  await rm(path, { recursive: true });
});

describe('at the start', () => {
  it('reads the files in the order of their names, and takes nothing else for a plan', async () => {
    await write('b.yml', 'second');
    await write('a.yaml', 'first');
    await write('.c.yaml.swp', 'garbage: [');
    await write('a.yaml~', 'garbage: [');
    await write('README.md', 'garbage: [');
    expect((await open()).files().texts).toEqual([
      { name: 'a.yaml', text: 'first' },
      { name: 'b.yml', text: 'second' },
    ]);
    expect(onChange).not.toHaveBeenCalled();
  });

  it('refuses a missing folder in words', async () => {
    await expect(openPlanFolder(join(path, 'nowhere'), { log, onChange })).rejects.toThrow(/PLAN_UNREADABLE/);
  });

  it('refuses a file of more than two megabytes without reading it', async () => {
    await write('a.yaml', `version: 1\n#${'x'.repeat(maxFileBytes)}`);
    const error: unknown = await open().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PlanError);
    expect((error as PlanError).problems).toMatchObject([{ file: 'a.yaml', code: 'PLAN_TOO_LARGE' }]);
  });
});

describe('while it runs', () => {
  it('takes a saved file, whether written in place, renamed over, added or removed', async () => {
    await write('a.yaml', 'old');
    await open();
    await write('a.yaml', 'new');
    await eventually(() => expect(texts()).toEqual(['new']));
    await write('.a.tmp', 'newer');
    await rename(join(path, '.a.tmp'), join(path, 'a.yaml'));
    await eventually(() => expect(texts()).toEqual(['newer']));
    await write('b.yaml', 'more');
    await eventually(() => expect(names()).toEqual(['a.yaml', 'b.yaml']));
    await rm(join(path, 'b.yaml'));
    await eventually(() => expect(names()).toEqual(['a.yaml']));
    expect(onChange).toHaveBeenCalledTimes(4);
  });

  it('keeps what it has read while a file can’t be, says why, and forgets it when that is over', async () => {
    await write('a.yaml', 'good');
    const opened = await open();
    await write('b.yaml', 'x'.repeat(maxFileBytes + 1));
    await opened.reload();
    expect(opened.problems()).toMatchObject([{ file: 'b.yaml', code: 'PLAN_TOO_LARGE' }]);
    expect(names()).toEqual(['a.yaml']);
    await write('b.yaml', 'small');
    await opened.reload();
    expect(opened.problems()).toEqual([]);
    expect(names()).toEqual(['a.yaml', 'b.yaml']);
  });

  it('takes what plans may include from the folders below', async () => {
    await write('a.yaml', 'plan');
    await mkdir(join(path, 'parts/deep'), { recursive: true });
    await mkdir(join(path, '.git'));
    await write('.git/x.yaml', 'hidden');
    await write('parts/deep/days.yaml', 'days');
    const opened = await open();
    expect(opened.files().fragments).toEqual({ 'parts/deep/days.yaml': 'days' });
    await write('parts/deep/days.yaml', 'other days');
    await eventually(() =>
      expect(opened.files().fragments).toEqual({ 'parts/deep/days.yaml': 'other days' }),
    );
    expect(names()).toEqual(['a.yaml']);
  });

  it('says nothing when nothing has changed', async () => {
    await write('a.yaml', 'good');
    await (await open()).reload();
    expect(onChange).not.toHaveBeenCalled();
  });

  it('closes more than once, and changes nothing afterwards', async () => {
    await write('a.yaml', 'good');
    const opened = await open();
    await opened.close();
    await opened.close();
    await write('a.yaml', 'late');
    await opened.reload();
    expect(texts()).toEqual(['good']);
  });
});

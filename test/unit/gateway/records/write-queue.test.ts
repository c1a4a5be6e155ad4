import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Log } from '../../../../gateway/ports.ts';
import { Journal } from '../../../../gateway/records/journal.ts';
import { WriteQueue } from '../../../../gateway/records/write-queue.ts';

const error = vi.fn();
const log: Log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error, child: () => log };

/** A database that can be away, and refuses negative numbers. */
class FakeTable {
  readonly rows: number[] = [];
  away = false;
  tries = 0;
  readonly write = (items: readonly number[]): Promise<void> => {
    this.tries++;
    if (this.away) return Promise.reject(new Error('away'));
    if (items.some((item) => item < 0)) return Promise.reject(new RangeError('refused'));
    this.rows.push(...items);
    return Promise.resolve();
  };
}

let table: FakeTable;
const open = (limit?: number) =>
  new WriteQueue<number>({
    write: table.write,
    isPermanent: (error) => error instanceof RangeError,
    log,
    ...(limit === undefined ? {} : { limit }),
  });

/** Resolves when the table was tried so often; `vi.waitFor` would move the clock. */
async function tried(times: number): Promise<void> {
  while (table.tries < times) await nextTurn();
  await nextTurn();
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  table = new FakeTable();
});
afterEach(() => vi.useRealTimers());

it('writes in order, not within the call that pushes', async () => {
  const queue = open();
  for (let i = 0; i < 350; i++) queue.push(i);
  expect(table.rows).toEqual([]);
  await queue.idle();
  expect(table.rows).toEqual(Array.from({ length: 350 }, (_, i) => i));
  expect(queue.state()).toEqual({ waiting: 0, written: 350, lost: 0, lastError: null });
});

it('tries again with growing pauses while the database is away, and keeps the order', async () => {
  const queue = open();
  table.away = true;
  queue.push(1);
  await tried(1);
  queue.push(2);
  expect(queue.state()).toMatchObject({ waiting: 2, lastError: new Error('away') });
  for (const [pauseMs, tries] of [
    [100, 2],
    [200, 3],
    [400, 4],
  ]) {
    await vi.advanceTimersByTimeAsync(pauseMs - 1);
    expect(table.tries).toBe(tries - 1);
    await vi.advanceTimersByTimeAsync(1);
    expect(table.tries).toBe(tries);
  }
  table.away = false;
  await vi.advanceTimersByTimeAsync(800);
  await queue.idle();
  expect(table.rows).toEqual([1, 2]);
  expect(queue.state()).toMatchObject({ waiting: 0, lastError: null });
});

it('gives up an item that is refused for good, and writes the others', async () => {
  const queue = open();
  for (const item of [1, -2, 3]) queue.push(item);
  await queue.idle();
  expect(table.rows).toEqual([1, 3]);
  expect(queue.state()).toEqual({ waiting: 0, written: 2, lost: 1, lastError: null });
});

it('forgets the oldest when full, and counts it', async () => {
  const queue = open(3);
  table.away = true;
  for (let i = 1; i <= 5; i++) queue.push(i);
  expect(queue.waiting()).toEqual([3, 4, 5]);
  expect(queue.state().lost).toBe(2);
  await tried(1);
  table.away = false;
  await queue.close();
  expect(table.rows).toEqual([3, 4, 5]);
});

it('writes what waits when it closes, without sitting out the pause', async () => {
  const queue = open();
  table.away = true;
  queue.push(1);
  await tried(1);
  table.away = false;
  await queue.close();
  await queue.close();
  expect(table.rows).toEqual([1]);
  expect(vi.getTimerCount()).toBe(0);
});

it('ends even when the database stays away, and says what is lost', async () => {
  const queue = open();
  table.away = true;
  queue.push(1);
  queue.push(2);
  await queue.close();
  expect(queue.state()).toMatchObject({ waiting: 0, lost: 2 });
  expect(error).toHaveBeenCalledWith(
    expect.objectContaining({ lost: 2 }),
    'database is away at the end, records are lost',
  );
});

describe('with a journal', () => {
  let folder: string;
  const isNumber = (value: unknown): value is number => typeof value === 'number';
  const journaled = (limit = 1000) => {
    const journal = new Journal(join(folder, 'waiting.jsonl'), isNumber, log);
    return new WriteQueue({ write: table.write, isPermanent: () => false, log, journal, limit });
  };

  beforeEach(() => {
    vi.useRealTimers();
    folder = mkdtempSync(join(tmpdir(), 'journal-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('leaves to the next run what it can’t write at its end, in order', async () => {
    table.away = true;
    const first = journaled();
    for (const item of [1, 2, 3]) first.push(item);
    await first.close();
    expect(first.state()).toMatchObject({ waiting: 0, lost: 0 });
    table.away = false;
    const second = journaled();
    second.push(4);
    await second.idle();
    await second.close();
    expect(table.rows).toEqual([1, 2, 3, 4]);
    const third = journaled();
    expect(third.waiting()).toEqual([]);
    await third.close();
  });

  it('loses nothing by a kill, and takes no harm from a line that was cut short', async () => {
    table.away = true;
    const first = journaled();
    for (const item of [1, 2]) first.push(item);
    await vi.waitFor(() => expect(readFileSync(join(folder, 'waiting.jsonl'), 'utf8')).toBe('1\n2\n'));
    appendFileSync(join(folder, 'waiting.jsonl'), '{"id":');
    table.away = false;
    const second = journaled();
    await second.idle();
    expect(table.rows).toEqual([1, 2]);
    await Promise.all([first.close(), second.close()]);
  });

  it('is readable by its owner only, and ends with what is not written yet', async () => {
    const queue = journaled();
    for (let i = 0; i < 250; i++) queue.push(i);
    await queue.idle();
    table.away = true;
    queue.push(250);
    await queue.close();
    const file = join(folder, 'waiting.jsonl');
    expect(readFileSync(file, 'utf8')).toBe('250\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('does not grow beyond what may wait, twice', async () => {
    table.away = true;
    const queue = journaled(5);
    for (let i = 0; i < 1003; i++) queue.push(i);
    await queue.close();
    const lines = readFileSync(join(folder, 'waiting.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(10);
    expect(lines.slice(-5)).toEqual(['998', '999', '1000', '1001', '1002']);
  });

  it('that can’t be written is said once, and holds nothing up', async () => {
    rmSync(folder, { recursive: true });
    const queue = journaled();
    for (const item of [1, 2]) queue.push(item);
    await queue.idle();
    await queue.close();
    expect(table.rows).toEqual([1, 2]);
    mkdirSync(folder);
  });
});

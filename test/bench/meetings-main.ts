/** How fast a PIN is looked up among many meetings, in SQLite and, where it is there, PostgreSQL. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { systemClock } from '../../gateway/observe/clock.ts';
import type { MeetingStore } from '../../gateway/ports.ts';
import { openDatabase } from '../../gateway/records/database.ts';
import { openMeetings } from '../../gateway/rooms/meetings.ts';
import { missingForPostgres, startPostgres } from '../support/postgres.ts';
import { quietLog } from '../support/quiet-log.ts';

const { values } = parseArgs({
  options: {
    meetings: { type: 'string', default: '100000' },
    /** `sqlite` or `postgres`; both when left out. */
    only: { type: 'string', default: '' },
  },
});
const count = Number(values.meetings);
const batch = 2000;
const warmUp = 500;
const looks = 5000;
const tenant = 'default';

async function measure(name: string, url: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-meetings-'));
  const database = await openDatabase({ url, dataFolder: folder, log: quietLog() });
  const { db, reader } = database;
  const store = await openMeetings({
    ...{ db, reader, clock: systemClock, keysFile: join(folder, 'pin-keys.json') },
    // With six digits a tenth of all PINs would be taken, and be made anew.
    pinLengths: () => ({ host: 8, guest: 8 }),
  });
  try {
    const beganMs = performance.now();
    for (let made = 0; made < count; made += batch)
      await importSome(store, made, Math.min(batch, count - made));
    const madeMs = performance.now() - beganMs;
    // As the server does by itself within a minute.
    if (url !== '') await sql`analyze`.execute(db);
    const { meetings } = await store.list({ tenant, limit: 500 });
    const pins = meetings.map((meeting) => meeting.pins.host);
    const find = (i: number): Promise<unknown> => store.findByPin(tenant, pinAt(pins, i));
    await timesOf(find, warmUp);
    const quiet = await timesOf(find, looks);
    const empty = await timesOf(() => sql`select 1`.execute(reader), looks);
    const [importMs, busy] = await whileImporting(store, find);
    console.log(
      `${name}, ${count} meetings: a PIN is found in ${words(quiet)}; "select 1" takes ${words(empty)}; ` +
        `while ${batch} are imported (${importMs.toFixed(0)} ms) in ${words(busy)}; ` +
        `all were made in ${(madeMs / 1000).toFixed(0)} s`,
    );
  } finally {
    await database.close();
    rmSync(folder, { recursive: true });
  }
}

async function importSome(store: MeetingStore, from: number, length: number): Promise<void> {
  const savings = Array.from({ length }, (_, i) => ({ id: null, room: `room-${from + i}` }));
  await store.saveAll(tenant, savings, false);
}

/** Every other PIN is a wrong one. */
const pinAt = (pins: readonly string[], i: number): string =>
  i % 2 === 0 ? pins[i % pins.length] : String(10_000_000 + ((i * 7919) % 89_999_999));

async function timesOf(one: (i: number) => Promise<unknown>, rounds: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) times.push(await timeOf(one, i));
  return times;
}

async function timeOf(one: (i: number) => Promise<unknown>, i: number): Promise<number> {
  const atMs = performance.now();
  await one(i);
  return performance.now() - atMs;
}

async function whileImporting(
  store: MeetingStore,
  find: (i: number) => Promise<unknown>,
): Promise<readonly [importMs: number, times: readonly number[]]> {
  const atMs = performance.now();
  let importMs = 0;
  const importing = importSome(store, count, batch).then(() => (importMs = performance.now() - atMs));
  const times: number[] = [];
  for (let i = 0; importMs === 0; i++) {
    times.push(await timeOf(find, i));
    // A caller comes by the network, not in the same turn.
    await nextTurn();
  }
  await importing;
  return [importMs, times];
}

function words(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): string => sorted[Math.floor((sorted.length - 1) * share)].toFixed(2);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms (${times.length} times)`;
}

if (values.only !== 'postgres') await measure('SQLite', '');
const missing = missingForPostgres();
if (values.only === 'sqlite') process.exit(0);
if (missing === null) {
  const postgres = await startPostgres();
  try {
    await measure('PostgreSQL', postgres.url);
  } finally {
    await postgres.close();
  }
} else console.log(`PostgreSQL: not measured, ${missing}`);

/** How fast a PIN is looked up among many meetings, in SQLite and, where it is there, PostgreSQL. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../../gateway/observe/clock.ts';
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
const batch = 1000;
const looks = 5000;

async function measure(name: string, url: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-meetings-'));
  const { db, close } = await openDatabase({ url, dataFolder: folder, log: quietLog() }).then((open) => ({
    db: open.db,
    close: () => open.close(),
  }));
  const keysFile = join(folder, 'pin-keys.json');
  // With six digits a tenth of all PINs would be taken, and be made anew.
  const pinLengths = () => ({ host: 8, guest: 8 });
  const store = await openMeetings({ db, keysFile, clock: systemClock, pinLengths });
  const beganMs = performance.now();
  let longestMs = 0;
  for (let made = 0; made < count; made += batch) {
    const at = performance.now();
    const savings = Array.from({ length: batch }, (_, i) => ({ id: null, room: `room-${made + i}` }));
    await store.saveAll('default', savings, false);
    longestMs = Math.max(longestMs, performance.now() - at);
  }
  const madeMs = performance.now() - beganMs;
  const { meetings } = await store.list({ tenant: 'default', limit: 500 });
  const times: number[] = [];
  for (let i = 0; i < looks; i++) {
    // Every other one is wrong.
    const pin = i % 2 === 0 ? meetings[i % meetings.length].pins.host : String(10_000_000 + i * 7919);
    const at = performance.now();
    await store.findByPin('default', pin);
    times.push(performance.now() - at);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): string => `${times[Math.floor(times.length * share)].toFixed(3)} ms`;
  const searchMs = performance.now();
  await store.list({ tenant: 'default', limit: 100, search: 'room-777' });
  console.log(
    `${name}: PIN look-up p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(0.9999)}; ` +
      `search ${(performance.now() - searchMs).toFixed(0)} ms; ` +
      `${count} meetings made in ${(madeMs / 1000).toFixed(0)} s, ${batch} at once in ${longestMs.toFixed(0)} ms at most`,
  );
  await close();
  rmSync(folder, { recursive: true });
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

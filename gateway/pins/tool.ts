import { join } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { systemClock } from '../observe/clock.ts';
import type { Log } from '../ports.ts';
import { openDatabase } from '../records/database.ts';
import type { Db } from '../records/schema.ts';
import { keyUse, prune, renewAll, spareKey, turnTo } from '../rooms/pin-rotation.ts';
import type { KeyUse } from '../rooms/pin-rotation.ts';

const usage = `npm run pins -- <command> [-- the gateway’s options]

  status   which keys there are, and how much is made with each
  rotate   makes a new key, and all PINs and webhook secrets anew with it; gateways may run
           --copied: the other gateways on this database have the new key already
  prune    takes keys that nothing uses any more out of the file
`;

export interface ToolOptions {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  readonly write: (text: string) => void;
}

/** Looks after the keys of PINs. Resolves with the exit code; throws `GatewayError`s that say what to do. */
export async function runPinTool({ argv, env, folder, write }: ToolOptions): Promise<0 | 1> {
  const [command = ''] = argv;
  if (!['status', 'rotate', 'prune'].includes(command)) {
    write(usage);
    return 1;
  }
  const others = argv.slice(1).filter((option) => option !== '--copied');
  const config = loadConfig({ argv: others, env, folder });
  const database = await openDatabase({
    url: config.database.url,
    dataFolder: config.dataFolder,
    log: silent,
  });
  const { db } = database;
  const file = join(config.dataFolder, 'pin-keys.json');
  try {
    if (command === 'rotate') return await rotate(db, file, argv.includes('--copied'), write);
    if (command === 'prune') await pruneKeys(db, file, write);
    write(table(await keyUse(db, file)));
    return 0;
  } finally {
    await database.close();
  }
}

async function rotate(db: Db, file: string, copied: boolean, write: ToolOptions['write']): Promise<0 | 1> {
  const before = await keyUse(db, file);
  const unfinished = before.some((key) => !key.current && key.pins + key.secrets > 0);
  if (!unfinished) {
    const id = await spareKey(db, file);
    const gateways = await otherGateways(db);
    if (gateways.length > 0 && !copied) {
      write(
        `The key ${id} is in ${file}, and not used yet.\n` +
          `These gateways share the database: ${gateways.join(', ')}.\n` +
          'Copy the file to each of them, then run: npm run pins -- rotate --copied\n' +
          'Afterwards copy it once more: new PINs are made with the new key then everywhere.\n',
      );
      return 1;
    }
    await turnTo(db, file, id, new Date(systemClock.nowMs()).toISOString());
    write(`New PINs are made with the key ${id} from now on.\n`);
  } else write('An earlier rotation was not finished; it goes on.\n');
  const renewed = await renewAll(db, file, (count) => {
    if (count % 10_000 === 0) write(`${count} made anew …\n`);
  });
  write(`${renewed} PINs and secrets made anew.\n`);
  write(table(await keyUse(db, file)));
  write('npm run pins -- prune takes old keys away; backups of the database from before need them.\n');
  return 0;
}

async function pruneKeys(db: Db, file: string, write: ToolOptions['write']): Promise<void> {
  const gone = await prune(db, file);
  write(gone.length === 0 ? 'No key is unused.\n' : `Taken away: ${gone.join(', ')}.\n`);
}

/** Names of gateways whose lease is young, when there are several: the only one reads this same file. */
async function otherGateways(db: Db): Promise<string[]> {
  const since = new Date(systemClock.nowMs() - aliveMs).toISOString();
  const rows = await db.selectFrom('gateways').select(['name', 'host', 'renewed_at']).execute();
  const alive = rows.filter((row) => row.renewed_at > since);
  const hosts = new Set(alive.map(({ host }) => host));
  return hosts.size > 1 ? alive.map(({ name, host }) => `${name} on ${host}`) : [];
}

/** Clocks of the database and this machine may differ a little. */
const aliveMs = 10 * 60_000;

function table(keys: readonly KeyUse[]): string {
  const rows = keys.map(({ id, current, inFile, pins, secrets }) => {
    const note = !inFile ? '  MISSING in the file' : current ? '  current' : '';
    return `${id.padEnd(12)}${String(pins).padStart(9)} PINs${String(secrets).padStart(6)} secrets${note}`;
  });
  return `${rows.join('\n')}\n`;
}

const nothing = (): void => undefined;
const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => silent };

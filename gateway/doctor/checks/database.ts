import { accessSync, constants, existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Config } from '../../config/schema.ts';
import type { DatabaseLook } from '../../records/look.ts';
import { failed, failedBy, ok, warning } from '../finding.ts';
import type { Finding } from '../finding.ts';
import { skewFinding } from './clocks.ts';

const leastBytes = 100 * 1024 ** 2;
const fewBytes = 1024 ** 3;

export interface DatabaseOutside {
  readonly look: () => Promise<DatabaseLook | null>;
  /** Free octets where this folder is. */
  readonly freeBytes: (folder: string) => Promise<number>;
}

export const freeBytes = async (folder: string): Promise<number> => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};

/** Whether records and meetings can be read and written, and the data folder. */
export async function checkDatabase(
  config: Config,
  { look, freeBytes }: DatabaseOutside,
): Promise<readonly Finding[]> {
  const folder = nearestFolder(resolve(config.dataFolder));
  const findings = [...writable(folder, config.dataFolder), ...space(await freeBytes(folder), folder)];
  const name = config.database.url === '' ? 'SQLite' : 'PostgreSQL';
  const askedMs = Date.now();
  try {
    const seen = await look();
    if (seen && seen.clockMs !== null) {
      const skew = skewFinding('PostgreSQL', seen.clockMs, { askedMs, answeredMs: Date.now() }, 1);
      if (skew) findings.push(skew);
    }
    findings.push(...stateOf(name, seen));
  } catch (error) {
    findings.push(
      failedBy(
        `${name} can’t be used.`,
        error,
        'Check database.url (DATABASE_URL): address, name, user, password.',
      ),
    );
  }
  return findings;
}

function stateOf(name: string, seen: DatabaseLook | null): Finding[] {
  if (seen === null) return [ok(`${name}, to be made at the first start`)];
  if (seen.pending.length === 0) return [ok(`${name} ${seen.version}, its tables are of this version`)];
  return [
    warning(
      `${name} ${seen.version}: its tables are of an older version (${seen.pending.join(', ')} to come).`,
      {
        why: 'The gateway changes them at its next start; one that runs was started before this version came.',
        todo: 'Back up the database, then start the gateway again.',
      },
    ),
  ];
}

/** The data folder itself, or where it will be made. */
function nearestFolder(folder: string): string {
  return existsSync(folder) ? folder : nearestFolder(dirname(folder));
}

function writable(folder: string, dataFolder: string): Finding[] {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return [];
  } catch (error) {
    const todo =
      'Give the folder to the user that the gateway runs as (chown), or name another by dataFolder.';
    return [failedBy(`The data folder ${dataFolder} can’t be written.`, error, todo)];
  }
}

function space(bytes: number, folder: string): Finding[] {
  if (bytes >= fewBytes) return [];
  const what = `${Math.floor(bytes / 1024 ** 2)} MB are free where ${folder} is.`;
  const advice = {
    why: 'On a full disk records are lost and meetings can’t be made.',
    todo: 'Free some space, or move dataFolder to another disk.',
  };
  return [bytes < leastBytes ? failed(what, advice) : warning(what, advice)];
}

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../gateway/config/ports-in-use.ts';
import { projectFolder } from '../../gateway/folders.ts';
import { readEnvFile } from './compose-file.ts';
import type { Variables } from './compose-file.ts';

/** What `deploy/make-env.sh` does, in a copy of what it needs. */
export interface MadeEnv {
  readonly file: string;
  /** Runs the script. */
  make(...args: string[]): { exitCode: number | null; said: string };
  text(): string;
  remove(): void;
}

export function freshEnvFolder(): MadeEnv {
  const folder = mkdtempSync(join(tmpdir(), 'make-env-'));
  mkdirSync(join(folder, 'deploy'));
  for (const path of ['.env.example', 'deploy/make-env.sh'])
    cpSync(join(projectFolder, path), join(folder, path));
  const file = join(folder, '.env');
  return {
    file,
    make(...args) {
      const { status, stdout, stderr } = spawnSync('sh', [join(folder, 'deploy/make-env.sh'), ...args], {
        encoding: 'utf8',
      });
      return { exitCode: status, said: stdout + stderr };
    },
    text: () => readFileSync(file, 'utf8'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/**
 * A public address that leads nowhere from here, as behind a 1:1 NAT whose router leads nothing back in: what runs
 * next to each other has to meet all the same.
 */
const publicAddress = '127.0.0.77';
/** Where drachtio-server listens for callers. */
export const deploymentHost = '127.0.0.78';
/** The name in the gateway's certificate. */
export const deploymentName = 'gateway.example';

/** `.env` as `make-env.sh` writes it, on free ports, and with all that the overrides want. */
export async function deploymentVariables(): Promise<Variables> {
  const folder = freshEnvFolder();
  folder.make(publicAddress, deploymentHost);
  const made = readEnvFile(folder.text());
  folder.remove();
  const free = async () => String(await freePort('127.0.0.1'));
  const ports = { HTTP_PORT: await free(), SIP_PORT: await free(), SIP_TLS_PORT: await free() };
  const mediaHost = { MEDIA_HOST_PORT: await free() };
  return {
    ...made,
    ...ports,
    ...mediaHost,
    HTTP_TLS_FOLDER: '/unused',
    HTTP_NAME: deploymentName,
    SIP_TLS_FOLDER: '/unused',
    MEDIA_HOST_TLS_FOLDER: '/unused',
  };
}

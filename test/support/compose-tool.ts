import { spawnSync } from 'node:child_process';
import { projectFolder } from '../../gateway/folders.ts';
import { cleanEnvironment } from './clean-environment.ts';
import { isExecutable, findOnPath } from './find-program.ts';

export interface ComposeAnswer {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The compose tool's command line: COMPOSE_BIN, `docker-compose` on PATH, or docker's plugin; null: none is here. */
function findCompose(): string[] | null {
  const named = process.env.COMPOSE_BIN;
  if (named !== undefined && named !== '') return isExecutable(named) ? [named] : null;
  const alone = findOnPath('docker-compose');
  if (alone !== null) return [alone];
  const docker = findOnPath('docker');
  if (docker === null) return null;
  return spawnSync(docker, ['compose', 'version'], { stdio: 'ignore' }).status === 0
    ? [docker, 'compose']
    : null;
}

const found = findCompose();

/** Says what is missing, or null. */
export const missingForCompose =
  found === null ? 'no compose tool: install docker compose (v2), or name its program by COMPOSE_BIN' : null;

/** Runs it in the project's folder; no container engine is asked for what only reads files. */
export function compose(args: readonly string[], env: Record<string, string> = {}): ComposeAnswer {
  const [program, ...first] = found ?? ['docker-compose'];
  const { status, stdout, stderr } = spawnSync(program, [...first, ...args], {
    cwd: projectFolder,
    env: { ...cleanEnvironment(), ...env },
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { exitCode: status, stdout, stderr };
}

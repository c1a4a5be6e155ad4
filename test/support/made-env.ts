import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectFolder } from '../../gateway/folders.ts';

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

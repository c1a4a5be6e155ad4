import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const lockModule = fileURLToPath(new URL('../../../scripts/steps/lock.mjs', import.meta.url));
let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'lock-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** A process that works under the lock for a while and writes down when it began and ended. */
function worker(name: string): Promise<unknown> {
  const script = `
    import { appendFileSync } from 'node:fs';
    import { setTimeout as delay } from 'node:timers/promises';
    import { withLock } from ${JSON.stringify(lockModule)};
    await withLock(${JSON.stringify(join(folder, 'lock'))}, async () => {
      appendFileSync(${JSON.stringify(join(folder, 'log'))}, '${name} begins\\n');
      await delay(100);
      appendFileSync(${JSON.stringify(join(folder, 'log'))}, '${name} ends\\n');
    });`;
  return once(spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' }), 'exit');
}

function log(): string[] {
  return readFileSync(join(folder, 'log'), 'utf8').trim().split('\n');
}

it('lets set-ups that start at once work one after the other', async () => {
  await Promise.all(['a', 'b', 'c'].map(worker));
  const lines = log();
  expect(lines).toHaveLength(6);
  for (let i = 0; i < lines.length; i += 2) expect(lines[i + 1]).toBe(lines[i].replace('begins', 'ends'));
  expect(existsSync(join(folder, 'lock'))).toBe(false);
});

it('takes over from a set-up that was killed', async () => {
  const gone = spawn(process.execPath, ['-e', '']);
  await once(gone, 'exit');
  writeFileSync(join(folder, 'lock'), String(gone.pid));
  await Promise.all(['a', 'b'].map(worker));
  expect(log()).toHaveLength(4);
});

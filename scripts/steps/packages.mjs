// npm packages: `npm ci` when the lock file is another one than the last `npm ci` had.
import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { run, say } from './process.mjs';

export async function installPackages(root) {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  // The stamp lies in node_modules, so that deleting that folder is enough to start over.
  const stamp = join(root, 'node_modules', '.lock-sha256');
  // A link leads to another checkout's packages, which `npm ci` would delete under it.
  if (readStamp(stamp) === wanted || isLink(join(root, 'node_modules'))) return;
  await withLock(join(root, '.cache', 'packages.lock'), async () => {
    if (readStamp(stamp) === wanted) return;
    say('Installing packages (npm ci, about half a minute) …');
    const seconds = await run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], {
      what: 'npm ci',
      failure: 'The packages could not be installed.',
      cwd: root,
    });
    writeFileSync(stamp, wanted);
    say(`Packages installed in ${seconds} s.`);
  });
}

function isLink(path) {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

export function readStamp(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

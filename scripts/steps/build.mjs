// TypeScript → dist/, pages → dist/web, when their sources changed since the last build.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { withLock } from './lock.mjs';
import { readStamp } from './packages.mjs';
import { run, say } from './process.mjs';

const folders = ['gateway', 'mcu', 'dialplans', 'adapters'];
const pages = join('gateway', 'admin', 'web');

export async function build(root) {
  await withBuildLock(root, 'server', serverSources(root), async () => {
    say('Building the gateway (tsc) …');
    // Types are the business of `npm run check`; a start waits for the JavaScript only.
    await run(
      process.execPath,
      [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json', '--noCheck'],
      { what: 'tsc', failure: 'The gateway could not be built.', cwd: root },
    );
    for (const folder of folders) removeOrphans(root, folder);
  });
  if (!existsSync(join(root, 'vite.config.ts'))) return;
  await withBuildLock(root, 'web', pageSources(root), async () => {
    say('Building the pages (vite) …');
    await run(
      process.execPath,
      [join(root, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', '--logLevel', 'warn'],
      { what: 'vite', failure: 'The pages could not be built.', cwd: root },
    );
  });
}

async function withBuildLock(root, name, sources, work) {
  const stamp = join(root, 'dist', `.${name}-sources`);
  const wanted = fingerprint(root, sources);
  if (readStamp(stamp) === wanted) return;
  await withLock(join(root, '.cache', `build-${name}.lock`), async () => {
    if (readStamp(stamp) === wanted) return;
    await work();
    writeFileSync(stamp, wanted);
  });
}

function serverSources(root) {
  return [
    ...folders.flatMap((folder) =>
      walk(join(root, folder), join(root, pages)).filter((path) => path.endsWith('.ts')),
    ),
    join(root, 'tsconfig.json'),
    join(root, 'tsconfig.build.json'),
    join(root, 'package-lock.json'),
  ];
}

function pageSources(root) {
  return [...walk(join(root, pages)), join(root, 'vite.config.ts'), join(root, 'package-lock.json')];
}

function walk(folder, except) {
  if (folder === except || !existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? walk(path, except) : [path];
  });
}

/** Names, sizes and times of all sources: a few milliseconds, where hashing their content takes tens. */
function fingerprint(root, paths) {
  const hash = createHash('sha256');
  for (const path of paths.sort()) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${relative(root, path)} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** Output whose source is gone would go on living, and be found by whoever reads a folder. */
function removeOrphans(root, folder) {
  for (const path of walk(join(root, 'dist', folder))) {
    const source = join(root, relative(join(root, 'dist'), path)).replace(/\.js(\.map)?$/, '.ts');
    if (!existsSync(source)) rmSync(path);
  }
}

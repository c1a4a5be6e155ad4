// Makes a clean clone ready: packages, build, LiveKit. Plain Node, so that it runs before anything is installed.
//   node scripts/setup.mjs                 set up
//   node scripts/setup.mjs --where         set up, and print the path of the LiveKit server
//   node scripts/setup.mjs --no-livekit    packages and build only
import { fileURLToPath, pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { build } from './steps/build.mjs';
import { buildLivekit, findLivekit } from './steps/livekit.mjs';
import { installPackages } from './steps/packages.mjs';
import { SetupError, say } from './steps/process.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Brings the clone up to date; a no-op takes some ten milliseconds. Returns the path of a LiveKit server, or
 * null when none is wanted. `argv`: options that the gateway will be started with, as they may name a LiveKit.
 * Throws `SetupError`.
 */
export async function setUp({ livekit = true, argv = [] } = {}) {
  checkNode();
  await installPackages(root);
  await build(root);
  if (!livekit || process.env.LIVEKIT_URL || process.env.GATEWAY_LIVEKIT_URL) return null;
  const found = findLivekit();
  if (found !== null) return found;
  return (await usesOtherLivekit(argv)) ? null : buildLivekit();
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new SetupError(`Node ${process.versions.node} is too old: install Node 20.19 or newer.`);
}

/** Minutes of building are only worth it when the configuration names no other LiveKit. */
async function usesOtherLivekit(argv) {
  const { loadConfig } = await import(pathToFileURL(join(root, 'dist/gateway/config/load.js')).href);
  try {
    return loadConfig({ argv, env: process.env, folder: process.cwd() }).livekit.url !== '';
  } catch (error) {
    throw new SetupError(error.message, { cause: error });
  }
}

/** For scripts: a set-up that fails ends the program with its message, not with a stack. */
export async function setUpOrExit(options) {
  try {
    return await setUp(options);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`\n${error.message}`);
    process.exit(process.exitCode || 1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const livekit = await setUpOrExit({ livekit: !process.argv.includes('--no-livekit') });
  if (process.argv.includes('--where')) console.log(livekit ?? '');
}

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Before the system tests: dist/ is built from today's sources, and `LIVEKIT_SERVER_BIN` names a LiveKit
 * server for the workers (not when `LIVEKIT_URL` is set: then the tests use that one).
 */
export default function setup(): void {
  const script = fileURLToPath(new URL('../../scripts/setup.mjs', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [script, '--where'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error('The set-up failed, see above.');
  const livekit = stdout.trim();
  if (livekit !== '') process.env.LIVEKIT_SERVER_BIN = livekit;
}

import { execFile } from 'node:child_process';
import type { Config } from '../../config/schema.ts';
import { messageOf } from '../../errors.ts';
import { livekitBinary } from '../../livekit-binary.ts';
import { failed, failedBy, leftOut, ok } from '../finding.ts';
import type { Finding } from '../finding.ts';
import type { Parts } from '../running.ts';
import { skewFinding } from './clocks.ts';

export interface LiveKitOutside {
  /** GET; the Date header, or null. Throws when nobody answers. */
  readonly get: (url: string, signal: AbortSignal) => Promise<{ status: number; date: string | null }>;
  /** Rejects as the room service refuses. */
  readonly listRooms: (livekit: Config['livekit']) => Promise<unknown>;
  /** What the program says of itself. */
  readonly versionOf: (binary: string, signal: AbortSignal) => Promise<string>;
}

const keysTodo =
  'Set LIVEKIT_API_KEY and LIVEKIT_API_SECRET to a pair under “keys” in LiveKit’s configuration.';

/** LiveKit’s API: reachable, our key taken, its clock. */
export async function checkLiveKit(
  config: Config,
  parts: Parts | null,
  outside: LiveKitOutside,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { livekit } = config;
  if (livekit.url === '') return parts ? [ownState(parts)] : [await ownProgram(config, outside, signal)];
  const address = livekit.url.replace(/^ws/, 'http');
  const askedMs = Date.now();
  let answer: Awaited<ReturnType<LiveKitOutside['get']>>;
  try {
    answer = await outside.get(address, signal);
  } catch (error) {
    return [
      failed(`LiveKit does not answer at ${livekit.url}.`, {
        why: causeOf(error),
        todo: 'Check LIVEKIT_URL, that livekit-server runs, and firewalls between here and there.',
      }),
    ];
  }
  const told = answer.date === null ? Number.NaN : Date.parse(answer.date);
  const skew = Number.isNaN(told)
    ? null
    : skewFinding('LiveKit', told, { askedMs, answeredMs: Date.now() }, 1000);
  return [...(skew ? [skew] : []), await keyFinding(config, outside, answer.status)];
}

async function keyFinding({ livekit }: Config, outside: LiveKitOutside, status: number): Promise<Finding> {
  try {
    await outside.listRooms(livekit);
    return ok(`${livekit.url} answers and takes our key`);
  } catch (error) {
    if (statusOf(error) === 401)
      return failed(`LiveKit at ${livekit.url} refuses our key or secret.`, {
        why: 'It knows no such key, or the secret is another one; nobody can join a room.',
        todo: keysTodo,
      });
    return failedBy(
      `What answers at ${livekit.url} (HTTP ${status}) is no LiveKit room service.`,
      error,
      'Check LIVEKIT_URL: scheme, name and port of LiveKit’s own door.',
    );
  }
}

function ownState({ rooms }: Parts): Finding {
  if (rooms.state === 'up')
    return ok(`started by the gateway, livekit-server ${rooms.version ?? ''}`.trimEnd());
  return failed(`The LiveKit that the gateway started is ${rooms.state}.`, {
    why: rooms.detail ?? 'It does not answer.',
    todo: 'Look into the gateway’s log for lines of part=livekit.',
  });
}

async function ownProgram(
  config: Config,
  { versionOf }: LiveKitOutside,
  signal: AbortSignal,
): Promise<Finding> {
  const binary = livekitBinary(config);
  try {
    return ok(`${await versionOf(binary, signal)} (${binary}), started with the gateway`);
  } catch (error) {
    return failed(`LiveKit’s program can’t be run: ${binary}.`, {
      why: messageOf(error),
      todo: 'Run npm run setup, which finds or builds it, or set LIVEKIT_URL to a LiveKit that runs.',
    });
  }
}

function statusOf(error: unknown): unknown {
  return error instanceof Error && 'status' in error ? error.status : undefined;
}

/** fetch hides what happened behind “fetch failed”. */
function causeOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
}

export const livekitVersion: LiveKitOutside['versionOf'] = (binary, signal) =>
  new Promise((resolve, reject) => {
    execFile(binary, ['--version'], { signal, timeout: 4_000 }, (error, stdout) => {
      if (error) reject(new Error(error.message, { cause: error }));
      else resolve(stdout.trim());
    });
  });

export const httpGet: LiveKitOutside['get'] = async (url, signal) => {
  const answer = await fetch(url, { signal });
  await answer.arrayBuffer();
  return { status: answer.status, date: answer.headers.get('date') };
};

/** Not asked because it would not be answered. */
export const noRoomsHere = leftOut('not tried', 'the gateway starts its LiveKit itself, and does not run');

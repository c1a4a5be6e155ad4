import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment } from './clean-environment.ts';
import { adminToken } from './gateway.ts';
import { findLiveKitBinary } from './livekit.ts';
import type { Place } from './started-gateway.ts';

const script = fileURLToPath(new URL('../../scripts/doctor.mjs', import.meta.url));

export interface DoctorReport {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `npm run doctor` in a gateway's place, with the gateway's own options. */
export async function runDoctor(
  place: Place,
  options: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<DoctorReport> {
  const ports = (['sip', 'http', 'livekit'] as const).flatMap((part) => [
    `--${part}.port`,
    String(place[part]),
  ]);
  const child = spawn(
    process.execPath,
    [
      ...[script, ...ports, '--sip.tls.port', String(place.tls), '--sip.adminPort', String(place.admin)],
      ...['--adminToken', adminToken, ...options],
    ],
    {
      cwd: place.folder,
      env: { ...cleanEnvironment(), LIVEKIT_SERVER_BIN: findLiveKitBinary() ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  await once(child, 'close');
  return { exitCode: child.exitCode, stdout, stderr };
}

export interface CheckedPart {
  readonly id: string;
  readonly state: string;
  readonly findings: readonly { readonly state: string; readonly what: string; readonly todo?: string }[];
}

/** A report that was asked for as JSON, by the ids of its checks. */
export function checksOf({ stdout }: DoctorReport): ReadonlyMap<string, CheckedPart> {
  const { checks } = JSON.parse(stdout) as { checks: CheckedPart[] };
  return new Map(checks.map((check) => [check.id, check]));
}

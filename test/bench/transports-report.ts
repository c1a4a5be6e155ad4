import type { MediaStage } from './dtls-calls.ts';
import type { Spread } from './numbers.ts';
import type { SetupStage } from './setup-load.ts';
import type { HandshakeStage } from './tls-handshakes.ts';

export interface TransportsResult {
  readonly machine: Readonly<Record<string, string | number>>;
  /** The edge alone, with an application that answers at once, by transport. */
  readonly setups: Readonly<Record<string, readonly SetupStage[]>>;
  /** By what was shaken hands with. */
  readonly handshakes: Readonly<Record<string, HandshakeStage>>;
  /** Full handshakes a second, by `openssl s_time`. */
  readonly openssl: Readonly<Record<string, number>>;
  /** Signatures per second of CPU, by `openssl speed`. */
  readonly signatures: Readonly<Record<string, number>>;
  /** The whole gateway, into LiveKit rooms, by transport; CPU is the edge's. */
  readonly rooms: Readonly<Record<string, SetupStage>>;
  readonly media: Readonly<Record<string, MediaStage>>;
  readonly dtlsCpuMs: number | null;
}

/** Markdown, as it stands in docs/benchmarks.md. */
export function transportTables(result: TransportsResult): string {
  const { setups, handshakes, openssl, signatures, rooms, media, dtlsCpuMs } = result;
  const parts = [
    ...Object.entries(setups).flatMap(([name, stages]) => stages.map((stage) => setupRow(name, stage))),
  ];
  const setupHead = ['transport', 'set-ups/s', 'failed', 'INVITE → 200, p50 / p95 / p99 ms', 'edge, CPU-ms'];
  const handshakeHead = ['handshakes with', 'failed', 'per second', 'server, CPU-ms each'];
  const mediaHead = [
    'calls',
    'failed',
    'INVITE → 200, p50 / p99 ms',
    'INVITE → first media, p50 / p99 ms',
    'node, CPU-ms',
  ];
  return [
    grid(setupHead, parts),
    grid(
      handshakeHead,
      Object.entries(handshakes).map(([name, { handshakes: done, failed, perSecond, cpuMs }]) => [
        name,
        `${failed} of ${done + failed}`,
        String(perSecond),
        String(cpuMs),
      ]),
    ),
    grid(['openssl s_time with', 'per second'], pairs(openssl)),
    grid(['openssl speed', 'signatures per CPU-s'], pairs(signatures)),
    grid(
      setupHead,
      Object.entries(rooms).map(([name, stage]) => setupRow(name, stage)),
    ),
    grid(
      mediaHead,
      Object.entries(media).map(([name, { calls, failed, answered, firstMedia, nodeCpuMs }]) => [
        name,
        `${failed} of ${calls}`,
        `${answered.p50} / ${answered.p99}`,
        `${firstMedia.p50} / ${firstMedia.p99}`,
        String(nodeCpuMs),
      ]),
    ),
    dtlsCpuMs === null ? '' : `One end of a DTLS handshake: ${dtlsCpuMs} CPU-ms`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function setupRow(name: string, { perSecond, calls, failed, answered, cpuMs }: SetupStage): string[] {
  return [name, String(perSecond), `${failed} of ${calls}`, times(answered), String(cpuMs ?? '')];
}

function times({ p50, p95, p99 }: Spread): string {
  return `${p50} / ${p95} / ${p99}`;
}

function pairs(values: Readonly<Record<string, number>>): string[][] {
  return Object.entries(values).map(([name, value]) => [name, String(value)]);
}

/** Empty when there are no rows. */
function grid(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

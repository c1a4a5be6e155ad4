import type { Parts } from './admin/context.ts';
import type { Mixing } from './mixing/mixing.ts';
import type { ProcessRestarts } from './observe/metrics.ts';
import type { NodePictures } from './observe/picture-metrics.ts';
import type { Plans } from './plans/plans.ts';
import type { Edge, MediaNode, MediaNodeStatus, Records, RoomService } from './ports.ts';

interface StatedParts {
  readonly edge: Edge;
  readonly node: MediaNode;
  readonly rooms: Pick<RoomService, 'status'>;
  readonly records: Records;
  readonly plans: Plans;
  readonly mixing: Mixing | null;
}

/** The parts of `/readyz`. */
export function partsOf({ edge, node, rooms, records, plans, mixing }: StatedParts): Parts {
  return {
    sip: { ...edge.status(), servers: edge.servers(), trunks: edge.trunks() },
    media: [node.status()],
    rooms: rooms.status(),
    records: records.status(),
    plans: plans.status(),
    mixing: mixing?.status() ?? null,
  };
}

/** How often each process was started again. `edge`: the embedded one; null: there is none. */
export function restartsOf(
  node: MediaNodeStatus,
  edge: Omit<ProcessRestarts, 'process'> | null,
): ProcessRestarts[] {
  const { id, restarts, hangs, engine, pictures } = node;
  return [
    { process: `media-${id}`, restarts, hangs },
    { process: `engine-${id}`, restarts: engine.restarts, hangs: engine.hangs },
    ...(pictures ? [{ process: `pictures-${id}`, restarts: pictures.restarts, hangs: pictures.hangs }] : []),
    ...(edge ? [{ process: 'sip-edge', restarts: edge.restarts, hangs: edge.hangs }] : []),
  ];
}

export function picturesOf({ id, pictures }: MediaNodeStatus): NodePictures[] {
  return pictures ? [{ node: id, pictures }] : [];
}

/** For the metric of each part. */
export function upOf(parts: Parts): { part: string; up: boolean }[] {
  const media = parts.media.map((one) => ({ part: `media-${one.id}`, up: one.state === 'up' }));
  const others = [
    ['sip', parts.sip],
    ['rooms', parts.rooms],
    ['records', parts.records],
    ['plans', parts.plans],
  ] as const;
  const mixers = parts.mixing ? [{ part: 'mixing', up: parts.mixing.state === 'up' }] : [];
  return [...others.map(([part, { state }]) => ({ part, up: state === 'up' })), ...media, ...mixers];
}

import { kinds } from '../transport/kinds.ts';
import type { TransportName } from '../transport/kinds.ts';

/** drachtio's "meta group": where a SIP message came from or went, and when. */
export interface Meta {
  /** `network`: received; `application`: made by an app or by the edge itself. */
  readonly source: 'network' | 'application';
  readonly bytes: number;
  readonly transport: TransportName;
  /** The peer; for a request that was sent, our own side. Empty for a response that the edge made itself. */
  readonly address: string;
  readonly port: number;
  /** Wall time, ms since the epoch. */
  readonly timeMs: number;
}

/** UTC time of day, `HH:MM:SS.uuuuuu`, as drachtio-server writes it (it has no date). */
export function timeOfDay(epochMs: number): string {
  const ofDay = Math.floor(epochMs) % 86_400_000;
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(ofDay / 3_600_000);
  const minutes = Math.floor(ofDay / 60_000) % 60;
  const seconds = Math.floor(ofDay / 1_000) % 60;
  return `${two(hours)}:${two(minutes)}:${two(seconds)}.${String(ofDay % 1_000).padStart(3, '0')}000`;
}

export function metaGroup(meta: Meta): string {
  const { adminName } = kinds[meta.transport];
  return `${meta.source}|${meta.bytes}|${adminName}|${meta.address}|${meta.port}|${timeOfDay(meta.timeMs)}`;
}

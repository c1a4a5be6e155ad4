import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { PictureStatus } from '../ports.ts';

/** A media node's picture process. */
export interface NodePictures {
  readonly node: string;
  readonly pictures: PictureStatus;
}

/** Asked for at each scrape. What is counted begins anew with each process, as Prometheus takes counters to do. */
export function watchPictures(registry: Registry, list: () => readonly NodePictures[]): void {
  const registers = [registry];
  watchFeeds(registry, list);
  new Gauge({
    name: 'gateway_picture_fps',
    help: 'Frames a second at which pictures are made at most now; it falls under load',
    labelNames: ['node'],
    registers,
    collect() {
      this.reset();
      for (const { node, pictures } of list()) if (pictures.figures) this.set({ node }, pictures.figures.fps);
    },
  });
  new Gauge({
    name: 'gateway_picture_cameras',
    help: 'Cameras by state: decoded now, or left out as decoding them ended the picture process',
    labelNames: ['node', 'state'],
    registers,
    collect() {
      this.reset();
      for (const { node, pictures } of list()) {
        this.set({ node, state: 'decoded' }, pictures.figures?.cameras ?? 0);
        this.set({ node, state: 'left-out' }, pictures.leftOut);
      }
    },
  });
  new Counter({
    name: 'gateway_picture_events_total',
    help: 'What the picture process has counted: frames that came from cameras, their faults, and slowing down',
    labelNames: ['node', 'event'],
    registers,
    collect() {
      this.reset();
      for (const { node, pictures } of list())
        for (const [event, count] of eventsOf(pictures)) this.inc({ node, event }, count);
    },
  });
}

function watchFeeds(registry: Registry, list: () => readonly NodePictures[]): void {
  const labelNames = ['node', 'codec', 'height'];
  const registers = [registry];
  const feedsOf = () =>
    list().flatMap(({ node, pictures }) =>
      (pictures.figures?.feeds ?? []).map(({ codec, height, feeds, frames }) => ({
        labels: { node, codec, height: String(height) },
        feeds,
        frames,
      })),
    );
  new Gauge({
    name: 'gateway_picture_feeds',
    help: 'Encoded pictures of rooms now, each for all who want the same',
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const { labels, feeds } of feedsOf()) this.set(labels, feeds);
    },
  });
  new Counter({
    name: 'gateway_picture_frames_total',
    help: 'Frames that were encoded for feeds; the rate of it by the number of feeds is the frame rate of one',
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const { labels, frames } of feedsOf()) this.inc(labels, frames);
    },
  });
}

function eventsOf({ figures }: PictureStatus): readonly (readonly [string, number])[] {
  if (!figures) return [];
  const { frames, keyFrames, packetsLost, malformed, broken, dropped } = figures.decoded;
  return [
    ['slowed-down', figures.slowedDown],
    ['frames', frames],
    ['key-frames', keyFrames],
    ['packets-lost', packetsLost],
    ['packets-malformed', malformed],
    ['frames-broken', broken],
    ['frames-dropped', dropped],
  ];
}

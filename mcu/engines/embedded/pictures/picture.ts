import type { Scene } from '../../../compositor/scene.ts';
import type { PaintedScene } from '../../../compositor/painter/paint.ts';
import { Beat, fullRate } from './beat.ts';
import { Canvas } from './canvas.ts';
import { Composition } from './composition.ts';
import type { LookUp } from './composition.ts';
import type { Feed } from './feed.ts';
import type { Governor } from './governor.ts';

/** How long a new scene may wait for the first pictures of cameras that were not seen before. */
const longestWaitMs = 500;
/** Spreads the beats of pictures over the time between two: 1/φ leaves the largest gaps. */
const phaseStep = 0.618;

export interface PictureHost {
  readonly governor: Governor;
  readonly paint: (scene: Scene) => PaintedScene;
  readonly look: LookUp;
  /** Other cameras than before are needed. */
  readonly camerasChanged: () => void;
}

/** A composed picture: one canvas, the scene on it, its feeds and their beat. */
export class Picture {
  readonly #host: PictureHost;
  readonly #canvas: Canvas;
  readonly #feeds = new Map<number, Feed>();
  readonly #beat: Beat;
  #composition: Composition;
  /** Waits for its cameras' first pictures, so that nobody sees their stand-ins flash up. */
  #next: { readonly composition: Composition; readonly untilMs: number } | null = null;
  #drawing = 0;
  #closed = false;

  constructor(number: number, scene: Scene, host: PictureHost) {
    this.#host = host;
    this.#canvas = new Canvas(scene);
    this.#composition = new Composition(scene, host.paint(scene));
    this.#beat = new Beat(
      (beat, dueMs) => this.#tick(beat, dueMs),
      (beats) => this.#missed(beats),
      (number * phaseStep) % 1,
    );
  }

  /** Ids of the cameras that are on it, or about to be. */
  get cameras(): string[] {
    const scenes = [this.#composition.scene, ...(this.#next ? [this.#next.composition.scene] : [])];
    return scenes.flatMap(({ tiles }) => tiles.flatMap(({ camera }) => camera ?? []));
  }

  setScene(scene: Scene): void {
    this.#next?.composition.close();
    this.#next = {
      composition: new Composition(scene, this.#host.paint(scene)),
      // Not later than the one that it replaces: scenes that change all the time are seen too.
      untilMs: this.#next?.untilMs ?? performance.now() + longestWaitMs,
    };
    this.#host.camerasChanged();
  }

  addFeed(number: number, feed: Feed): void {
    this.#feeds.set(number, feed);
  }

  feed(number: number): Feed | undefined {
    return this.#feeds.get(number);
  }

  removeFeed(number: number): void {
    this.#feeds.get(number)?.close();
    this.#feeds.delete(number);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#beat.stop();
    for (const number of [...this.#feeds.keys()]) this.removeFeed(number);
    this.#composition.close();
    this.#next?.composition.close();
    this.#canvas.close();
  }

  /** Only those count that would have had a frame. */
  #missed(beats: number): void {
    const { governor } = this.#host;
    const fastest = Math.max(0, ...[...this.#feeds.values()].map(({ profile }) => profile.fps));
    const frames = Math.floor((beats * Math.min(fastest, governor.fps)) / fullRate);
    if (frames > 0) governor.missed(frames, performance.now());
  }

  #tick(beat: number, dueMs: number): void {
    const { governor, look } = this.#host;
    const fps = governor.fps;
    const nowMs = performance.now();
    const anyDue = [...this.#feeds.values()].some((feed) => feed.wants(beat, fps, -1, nowMs));
    if (!anyDue) return;
    if (this.#canvas.beingRead) {
      governor.missed(1, nowMs);
      return;
    }
    this.#takeNext(nowMs);
    if (this.#composition.draw(this.#canvas, look, nowMs)) this.#drawing++;
    const encodes: Promise<void>[] = [];
    for (const feed of this.#feeds.values()) {
      if (!feed.wants(beat, fps, this.#drawing, nowMs)) continue;
      encodes.push(this.#canvas.whileRead(feed.encode(this.#canvas, beat, this.#drawing, nowMs)));
    }
    if (encodes.length === 0) return;
    void Promise.all(encodes).then(() => {
      const doneMs = performance.now();
      governor.done(doneMs - dueMs, doneMs);
    });
  }

  #takeNext(nowMs: number): void {
    const next = this.#next;
    if (!next) return;
    if (nowMs < next.untilMs && !next.composition.isReadyAfter(this.#composition, this.#host.look)) return;
    this.#next = null;
    next.composition.inherit(this.#composition);
    this.#composition.close();
    this.#composition = next.composition;
    this.#host.camerasChanged();
  }
}

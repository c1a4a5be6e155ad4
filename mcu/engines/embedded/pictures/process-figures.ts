import type { FeedFigures, PictureFigures } from '../../../ports.ts';
import { addFigures, noFigures } from './camera-figures.ts';
import type { CameraInput } from './camera-input.ts';
import type { Feed } from './feed.ts';
import type { Governor } from './governor.ts';

/** Adds up what a picture process has done: cameras and feeds that are there, and those that were. */
export class ProcessFigures {
  readonly #governor: Governor;
  #camerasBefore = noFigures;
  readonly #feedsBefore = new Map<string, FeedFigures>();

  constructor(governor: Governor) {
    this.#governor = governor;
  }

  /** It is about to be closed. */
  cameraGoes(camera: CameraInput): void {
    this.#camerasBefore = addFigures(this.#camerasBefore, camera.figures());
  }

  /** It is about to be closed. */
  feedGoes(feed: Feed): void {
    count(this.#feedsBefore, feed, 0);
  }

  /** Of now; `cameras` and `feeds`: all that are there. */
  sum(cameras: Iterable<CameraInput>, feeds: Iterable<Feed>): PictureFigures {
    let decoded = this.#camerasBefore;
    let working = 0;
    for (const camera of cameras) {
      decoded = addFigures(decoded, camera.figures());
      if (camera.isDecoded) working++;
    }
    const byKind = new Map(this.#feedsBefore);
    for (const feed of feeds) count(byKind, feed, 1);
    const { fps, slowedDown } = this.#governor;
    return { fps, slowedDown, feeds: [...byKind.values()], cameras: working, decoded };
  }
}

function count(byKind: Map<string, FeedFigures>, feed: Feed, present: number): void {
  const { codec, height } = feed.profile;
  const key = `${codec} ${height}`;
  const before = byKind.get(key) ?? { codec, height, feeds: 0, frames: 0 };
  const frames = before.frames + feed.figures(0).framesSent;
  byKind.set(key, { codec, height, feeds: before.feeds + present, frames });
}

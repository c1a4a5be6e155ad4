import { EmbeddedPictures } from '../../mcu/engines/embedded/pictures/pictures.ts';
import type { CameraSpec, FeedProfile, Viewer } from '../../mcu/ports.ts';
import { quietLog } from './quiet-log.ts';
import type { LogLine } from './quiet-log.ts';
import { testVideo } from './test-video.ts';
import type { TestVideoOptions } from './test-video.ts';
import { until } from './until.ts';
import { TestCamera, TestScreen, formatOf } from './video-ends.ts';

export const h264Profile: FeedProfile = {
  codec: 'H264',
  h264Profile: 'constrained-baseline',
  packetizationMode: 1,
  width: 640,
  height: 360,
  fps: 30,
  bitrate: 700_000,
};

export interface TestViewer {
  readonly viewer: Viewer;
  readonly screen: TestScreen;
}

/** A real picture process, and a room in it whose people are known by the colours of their cameras. */
export class PictureRoom {
  readonly pictures: EmbeddedPictures;
  readonly lines: LogLine[];
  readonly #cameras: TestCamera[] = [];
  readonly #people: string[] = [];
  readonly #viewers: Viewer[] = [];
  #room = 'room-0';
  #rooms = 0;
  #speakers: readonly string[] = [];

  private constructor(pictures: EmbeddedPictures, lines: LogLine[]) {
    this.pictures = pictures;
    this.lines = lines;
  }

  static async open(): Promise<PictureRoom> {
    const lines: LogLine[] = [];
    const pictures = await EmbeddedPictures.start({ log: quietLog(lines), logLevel: 'debug' });
    if (!pictures) throw new Error('no pictures here');
    return new PictureRoom(pictures, lines);
  }

  /** Somebody comes, with a camera that shows a colour. */
  join(colour: string, options: TestVideoOptions = {}, spec: Partial<CameraSpec> = {}): TestCamera {
    const video = testVideo({ ...options, colour });
    const camera = this.pictures.openCamera({
      id: `${this.#room}/${colour}`,
      seat: colour,
      room: this.#room,
      identity: colour,
      kind: 'camera',
      formats: [formatOf('H264'), formatOf('VP8'), formatOf('H263')],
      ...spec,
    });
    const source = new TestCamera(camera, video);
    this.#cameras.push(source);
    if (!this.#people.includes(colour)) this.#people.push(colour);
    this.#tell();
    return source;
  }

  speak(...colours: string[]): void {
    this.#speakers = colours;
    this.#tell();
  }

  /** Somebody watches the room, as one of its people or as nobody. */
  watch(profile: FeedProfile = h264Profile, identity: string | null = null): TestViewer {
    const viewer = this.pictures.openViewer({
      id: `viewer-${this.#viewers.length}`,
      seat: 'viewer',
      profile,
    });
    const screen = TestScreen.of(viewer, profile.codec, profile.width, profile.height);
    this.#viewers.push(viewer);
    viewer.watch(this.#room, identity);
    return { viewer, screen };
  }

  /** After each test: another room. */
  clear(): void {
    for (const camera of this.#cameras.splice(0)) camera.close();
    for (const viewer of this.#viewers.splice(0)) viewer.close();
    this.#people.length = 0;
    this.#speakers = [];
    this.#room = `room-${++this.#rooms}`;
  }

  async close(): Promise<void> {
    this.clear();
    await this.pictures.close();
  }

  #tell(): void {
    const people = this.#people.map((name) => ({ identity: name, name, muted: false, cameraOff: false }));
    this.pictures.setRoom(this.#room, { people, speakers: this.#speakers });
  }
}

/**
 * Waits until these colours are seen at these places, given as shares of width and height, in a picture that came
 * after the call.
 */
export async function sees(
  screen: TestScreen,
  expected: readonly (readonly [x: number, y: number, colour: string])[],
  deadlineMs = 10_000,
): Promise<void> {
  let seen: unknown = null;
  const from = screen.frames.length;
  await until(
    'the colours are where they should be',
    async () => {
      if (screen.frames.length === from) return false;
      const picture = await screen.now();
      if (!picture) return false;
      const found = expected.map(([x, y]) => picture.colourAt(x, y));
      seen = found;
      return found.every((colour, index) => colour === expected[index][2]);
    },
    deadlineMs,
  ).catch((error: unknown) => {
    throw new Error(`seen: ${JSON.stringify(seen)}`, { cause: error });
  });
}

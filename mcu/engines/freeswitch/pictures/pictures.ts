import type {
  Camera,
  CameraSpec,
  Log,
  PictureEngine,
  PictureStatus,
  RoomShown,
  VideoCodec,
  Viewer,
  ViewerSpec,
} from '../../../ports.ts';
import type { Mixer } from '../mixer.ts';
import type { Seats } from '../seats.ts';
import { FreeSwitchCamera } from './camera.ts';
import { tilesFor } from './tiles.ts';
import { FreeSwitchViewer } from './viewer.ts';

const nobody: RoomShown = { people: [], speakers: [] };

export interface PicturesDeps {
  readonly mixer: Mixer;
  readonly seats: Seats;
  readonly log: Log;
}

/** FreeSWITCH's canvases: here stands who is filmed, who watches, and what is known of each room. */
export class FreeSwitchPictures implements PictureEngine {
  readonly codecs: readonly VideoCodec[] = ['H264', 'VP8', 'H263', 'H263-1998'];
  readonly #deps: PicturesDeps;
  readonly #cameras = new Set<FreeSwitchCamera>();
  readonly #viewers = new Set<FreeSwitchViewer>();
  readonly #rooms = new Map<string, RoomShown>();
  #planned: NodeJS.Immediate | null = null;
  #closed = false;

  constructor(deps: PicturesDeps) {
    this.#deps = deps;
  }

  /** FreeSWITCH's, which counts nothing of it. */
  status(): PictureStatus {
    return { ...this.#deps.mixer.status, leftOut: 0, figures: null };
  }

  openCamera(spec: CameraSpec): Camera {
    const { seats, log } = this.#deps;
    const camera: FreeSwitchCamera = new FreeSwitchCamera(spec, seats.for(spec.seat, 'camera', spec.id), {
      log,
      closed: () => {
        this.#cameras.delete(camera);
        this.#touch();
      },
    });
    this.#cameras.add(camera);
    this.#touch();
    return camera;
  }

  openViewer(spec: ViewerSpec): Viewer {
    const viewer: FreeSwitchViewer = new FreeSwitchViewer(
      spec,
      this.#deps.seats.for(spec.seat, 'viewer', spec.id),
      {
        changed: () => this.#touch(),
        closed: () => {
          this.#viewers.delete(viewer);
          this.#touch();
        },
      },
    );
    this.#viewers.add(viewer);
    return viewer;
  }

  setRoom(room: string, shown: RoomShown): void {
    if (JSON.stringify(shown) === JSON.stringify(this.#rooms.get(room))) return;
    this.#rooms.set(room, shown);
    this.#deps.mixer.ask('mixerRoom', { room, ...shown });
    this.#touch();
  }

  close(): Promise<void> {
    this.#closed = true;
    for (const one of [...this.#viewers, ...this.#cameras]) one.close();
    if (this.#planned) clearImmediate(this.#planned);
    return Promise.resolve();
  }

  /** What comes in one go is looked at once. */
  #touch(): void {
    if (!this.#closed) this.#planned ??= setImmediate(this.#plan);
  }

  readonly #plan = (): void => {
    this.#planned = null;
    const rooms = new Set([...this.#cameras].map(({ spec }) => spec.room));
    for (const { wish } of this.#viewers) if (wish.room !== null) rooms.add(wish.room);
    for (const room of this.#rooms.keys()) if (!rooms.has(room)) this.#rooms.delete(room);
    for (const room of rooms) this.#planRoom(room);
  };

  #planRoom(room: string): void {
    const cameras = [...this.#cameras].filter(({ spec }) => spec.room === room);
    const watching = [...this.#viewers].flatMap(({ wish: { room: watched, profile, look } }) =>
      watched === room ? [{ size: profile, layout: look.layout }] : [],
    );
    const specs = cameras.map(({ spec }) => spec);
    const sizes = tilesFor(specs, watching, this.#rooms.get(room) ?? nobody);
    for (const camera of cameras) camera.shownAt(sizes.get(camera.id) ?? null);
  }
}

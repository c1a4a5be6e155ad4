import type { Death } from '../../../control/child.ts';
import type { Camera, CameraSpec, Log, RoomShown, Viewer, ViewerSpec } from '../../../ports.ts';
import { readUint32 } from '../../../rtp/packet.ts';
import { EmbeddedCamera } from './camera.ts';
import type { PictureChannel } from './camera.ts';
import { backBit, mostNumbers } from './protocol.ts';
import type { PictureOwnerContract } from './protocol.ts';
import type { Served } from '../../../control/channel.ts';
import { RoomWishes } from './room-wishes.ts';
import { SharedPictures } from './shared-pictures.ts';
import { Suspects } from './suspects.ts';
import { EmbeddedViewer } from './viewer.ts';

/** A room may be known before its first camera or viewer comes. */
const forgottenAfterMs = 60_000;

export interface PictureStateHost {
  /** A camera's packet on its way to the process; given away. */
  readonly send: (packet: Buffer) => void;
  readonly log: Log;
}

export type Heard = Omit<Served<PictureOwnerContract>['events'], 'log'>;

/**
 * Every camera, viewer and room as the node wants it. Decides who sees what in which shared feed, tells the picture
 * process, and fills a new one when it died.
 */
export class PictureState {
  readonly #host: PictureStateHost;
  readonly #cameras = new Map<number, EmbeddedCamera>();
  readonly #rooms = new Map<string | null, RoomWishes>();
  readonly #viewers = new Set<EmbeddedViewer>();
  readonly #pictures: SharedPictures;
  readonly #suspects = new Suspects({ onChange: (camera, out) => this.#withhold(camera, out) });
  /** Rooms in which something has changed since they were looked at last. */
  readonly #stale = new Set<string | null>();
  /** What is to be done in a room when nothing is touched before. */
  readonly #timers = new Map<string | null, NodeJS.Timeout>();
  #planned: NodeJS.Immediate | null = null;
  #nextNumber = 1;
  #channel: PictureChannel | null = null;
  #closed = false;

  constructor(host: PictureStateHost) {
    this.#host = host;
    this.#pictures = new SharedPictures({ channel: () => this.#channel, number: () => this.#number() });
  }

  openCamera(spec: CameraSpec): Camera {
    const number = this.#number();
    const camera = new EmbeddedCamera(spec, number, {
      send: this.#host.send,
      channel: () => this.#channel,
      closed: () => {
        this.#cameras.delete(number);
        this.#suspects.forget(number);
        this.#rooms.get(spec.room)?.forget(spec);
        this.#touch(spec.room);
      },
    });
    this.#cameras.set(number, camera);
    if (this.#channel) camera.restore(this.#channel);
    this.#room(spec.room).cameras.add(spec);
    this.#touch(spec.room);
    return camera;
  }

  openViewer(spec: ViewerSpec): Viewer {
    let room: string | null = null;
    const viewer: EmbeddedViewer = new EmbeddedViewer(spec, {
      changed: () => {
        this.#move(viewer, room, viewer.room);
        room = viewer.room;
      },
      closed: () => {
        this.#viewers.delete(viewer);
        this.#pictures.forget(viewer);
        this.#rooms.get(room)?.viewers.delete(viewer);
        this.#touch(room);
      },
    });
    this.#viewers.add(viewer);
    this.#move(viewer, null, null);
    return viewer;
  }

  /** How many cameras are left out. */
  get leftOut(): number {
    return this.#suspects.size;
  }

  setRoom(room: string, shown: RoomShown): void {
    this.#room(room).shown = shown;
    this.#touch(room);
  }

  /** A process that knows nothing yet. */
  attach(channel: PictureChannel): void {
    this.#channel = channel;
    for (const camera of this.#cameras.values()) camera.restore(channel);
    this.#pictures.restore(channel);
  }

  /** The process is gone. */
  detach(death: Death): void {
    this.#channel = null;
    const decoded = [...this.#cameras].filter(([, { isDecoded }]) => isDecoded).map(([number]) => number);
    if (death.crashed && !this.#closed) this.#suspects.died(death.lastWords, decoded);
    for (const camera of this.#cameras.values()) camera.processLost();
    this.#pictures.processLost();
    for (const viewer of this.#viewers) viewer.processLost();
  }

  /** What the process says. */
  readonly heard: Heard = {
    keyFrameNeeded: ({ camera }) => this.#cameras.get(camera)?.onKeyFrameNeeded?.(),
    cameraSize: ({ camera, width, height }) => this.#cameras.get(camera)?.hasSize({ width, height }),
  };

  /** A packet from the process; lent. */
  readonly receive = (packet: Buffer): void => {
    if (packet.length < 12) return;
    const ssrc = readUint32(packet, 8);
    if (ssrc < backBit) this.#pictures.feed(ssrc)?.receive(packet);
    else this.#cameras.get(ssrc - backBit)?.onPublish?.(packet);
  };

  close(): void {
    this.#closed = true;
    this.#suspects.close();
    for (const viewer of [...this.#viewers]) viewer.close();
    for (const camera of [...this.#cameras.values()]) camera.close();
    if (this.#planned) clearImmediate(this.#planned);
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #number(): number {
    const number = this.#nextNumber;
    this.#nextNumber = (this.#nextNumber % (mostNumbers - 1)) + 1;
    return number;
  }

  #withhold(number: number, out: boolean): void {
    const camera = this.#cameras.get(number);
    if (!camera) return;
    const { spec } = camera;
    const facts = { camera: spec.id, room: spec.room };
    if (out) this.#host.log.error(facts, 'camera is left out of pictures, as the picture process died of it');
    else this.#host.log.info(facts, 'camera that was left out of pictures is tried again');
    camera.setWithheld(out);
    this.#room(spec.room).withhold(spec, out);
    this.#touch(spec.room);
  }

  #room(name: string | null): RoomWishes {
    let room = this.#rooms.get(name);
    if (!room) this.#rooms.set(name, (room = new RoomWishes(name)));
    return room;
  }

  #move(viewer: EmbeddedViewer, from: string | null, to: string | null): void {
    if (to !== from) {
      this.#rooms.get(from)?.viewers.delete(viewer);
      this.#touch(from);
    }
    this.#room(to).viewers.add(viewer);
    this.#touch(to);
  }

  /** What comes in one go, such as a room's people and cameras, is looked at once. */
  #touch(room: string | null): void {
    if (this.#closed) return;
    this.#stale.add(room);
    this.#planned ??= setImmediate(this.#plan);
  }

  readonly #plan = (): void => {
    this.#planned = null;
    for (const name of this.#stale) this.#planRoom(name);
    this.#stale.clear();
    const shown = this.#pictures.shown();
    for (const camera of this.#cameras.values()) camera.shownAt(shown.get(camera.id) ?? null);
  };

  #planRoom(name: string | null): void {
    const room = this.#rooms.get(name);
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
    if (!room) return;
    if (room.isEmpty) {
      // What has come to it since is planned in a moment.
      this.#later(name, forgottenAfterMs, () => !this.#stale.has(name) && this.#rooms.delete(name));
      return;
    }
    const nowMs = performance.now();
    const nextMs = room.floor.update(room.shown, nowMs);
    this.#pictures.fulfil(room.wishes(), room.floor);
    // Whoever goes on speaking may come into the picture by that alone.
    if (nextMs !== null) this.#later(name, Math.max(1, nextMs - nowMs), () => this.#touch(name));
  }

  #later(room: string | null, ms: number, what: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(room);
      what();
    }, ms);
    this.#timers.set(room, timer);
  }
}

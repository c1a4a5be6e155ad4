import { Painter } from '../../../compositor/painter/painter.ts';
import type { Scene } from '../../../compositor/scene.ts';
import type { EventParams } from '../../../control/channel.ts';
import type { Log, PictureFigures, ViewerFigures } from '../../../ports.ts';
import { packetizerFor } from '../../../video/payload-formats.ts';
import { CameraInput } from './camera-input.ts';
import { Feed } from './feed.ts';
import { Governor } from './governor.ts';
import { Picture } from './picture.ts';
import { ProcessFigures } from './process-figures.ts';
import { backBit } from './protocol.ts';
import type { PictureContract } from './protocol.ts';

/** Losses are given up, and key frames asked for again, this often. */
const advanceMs = 50;

export interface ComposerHost {
  readonly log: Log;
  /** A packet on its way to the node; lent. */
  readonly send: (packet: Buffer) => void;
  /** A frame's packets are all sent. */
  readonly flush: () => void;
  readonly onKeyFrameNeeded: (camera: number) => void;
  readonly onSize: (camera: number, width: number, height: number) => void;
  /** A camera's decoder is at work from now on, or no more. */
  readonly onWork: (camera: number, busy: boolean) => void;
}

/** All that the picture process knows: cameras, pictures and feeds, by their numbers. */
export class Composer {
  readonly #host: ComposerHost;
  readonly #painter = new Painter();
  readonly #cameras = new Map<number, CameraInput>();
  readonly #camerasById = new Map<string, CameraInput>();
  readonly #pictures = new Map<number, Picture>();
  /** The picture of each feed. */
  readonly #feeds = new Map<number, Picture>();
  readonly #governor: Governor;
  readonly #figures: ProcessFigures;
  #started = false;
  /** Runs while there are cameras: a stand-by sleeps. */
  #timer: NodeJS.Timeout | null = null;

  constructor(host: ComposerHost) {
    this.#host = host;
    this.#governor = new Governor((fps, before) => {
      if (fps < before) host.log.warn({ fps }, 'pictures take too long to make: their frame rate is lowered');
      else host.log.info({ fps }, 'frame rate of pictures is raised, as there is room again');
    });
    this.#figures = new ProcessFigures(this.#governor);
  }

  /** The way to the node is open: feeds may send. */
  start(): void {
    this.#started = true;
  }

  camera(number: number): CameraInput | undefined {
    return this.#cameras.get(number);
  }

  write(camera: number, packet: Buffer): void {
    this.#cameras.get(camera)?.write(packet, performance.now());
  }

  openCamera({ camera: number, ...spec }: EventParams<PictureContract, 'openCamera'>): void {
    this.closeCamera(number);
    const { log, send, flush, onKeyFrameNeeded, onSize, onWork } = this.#host;
    const camera = new CameraInput(
      { ...spec, backSsrc: (number | backBit) >>> 0 },
      {
        log,
        send,
        flush,
        onKeyFrameNeeded: () => onKeyFrameNeeded(number),
        onSize: (width, height) => onSize(number, width, height),
        onWork: (busy) => onWork(number, busy),
      },
    );
    this.#cameras.set(number, camera);
    this.#camerasById.set(spec.id, camera);
    this.#timer ??= setInterval(this.#advance, advanceMs);
    this.#showCameras();
  }

  closeCamera(number: number): void {
    const camera = this.#cameras.get(number);
    if (!camera) return;
    this.#figures.cameraGoes(camera);
    this.#cameras.delete(number);
    if (this.#camerasById.get(camera.id) === camera) this.#camerasById.delete(camera.id);
    camera.close();
    if (this.#timer && this.#cameras.size === 0) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
  }

  setScene(number: number, scene: Scene): void {
    const present = this.#pictures.get(number);
    if (present) {
      present.setScene(scene);
      return;
    }
    const picture = new Picture(number, scene, {
      governor: this.#governor,
      paint: (one) => this.#painter.paint(one),
      look: (id) => this.#camerasById.get(id)?.picture ?? null,
      camerasChanged: () => this.#showCameras(),
    });
    this.#pictures.set(number, picture);
    this.#showCameras();
  }

  closePicture(number: number): void {
    const picture = this.#pictures.get(number);
    if (!picture) return;
    this.#pictures.delete(number);
    for (const [feed, of] of this.#feeds) if (of === picture) this.closeFeed(feed);
    picture.close();
    this.#showCameras();
  }

  openFeed({ feed: number, picture, profile, bitrate }: EventParams<PictureContract, 'openFeed'>): void {
    const of = this.#pictures.get(picture);
    if (!of) return;
    const { log, send, flush } = this.#host;
    const packetizer = packetizerFor(profile, { ssrc: number, payloadType: 0 });
    const feed = new Feed(profile, bitrate, packetizer, { log, isOpen: () => this.#started, send, flush });
    of.addFeed(number, feed);
    this.#feeds.set(number, of);
  }

  feed(number: number): Feed | undefined {
    return this.#feeds.get(number)?.feed(number);
  }

  feedFigures(number: number): ViewerFigures | null {
    return this.feed(number)?.figures(this.#governor.fps) ?? null;
  }

  figures(): PictureFigures {
    const feeds = [...this.#feeds.keys()].flatMap((number) => this.feed(number) ?? []);
    return this.#figures.sum(this.#cameras.values(), feeds);
  }

  closeFeed(number: number): void {
    const feed = this.feed(number);
    if (feed) this.#figures.feedGoes(feed);
    this.#feeds.get(number)?.removeFeed(number);
    this.#feeds.delete(number);
  }

  close(): void {
    for (const number of [...this.#pictures.keys()]) this.closePicture(number);
    for (const number of [...this.#cameras.keys()]) this.closeCamera(number);
  }

  readonly #advance = (): void => {
    const nowMs = performance.now();
    for (const camera of this.#cameras.values()) camera.advance(nowMs);
  };

  /** Only what is on a picture is decoded. */
  #showCameras(): void {
    const shown = new Set([...this.#pictures.values()].flatMap(({ cameras }) => cameras));
    for (const camera of this.#cameras.values()) camera.setShown(shown.has(camera.id));
  }
}

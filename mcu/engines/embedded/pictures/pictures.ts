import { availableParallelism } from 'node:os';
import { Channel } from '../../../control/channel.ts';
import { Child, statusOf } from '../../../control/child.ts';
import type { Death, RunningChild } from '../../../control/child.ts';
import { forks } from '../../../control/forked.ts';
import { relay } from '../../../control/log.ts';
import { MediaError, messageOf } from '../../../errors.ts';
import type {
  Camera,
  CameraSpec,
  Log,
  PictureEngine,
  PictureFigures,
  PictureStatus,
  RoomShown,
  VideoCodec,
  Viewer,
  ViewerSpec,
} from '../../../ports.ts';
import { PrivateRtp } from '../private-rtp.ts';
import { figuresDeadlineMs } from './camera.ts';
import type { PictureChannel } from './camera.ts';
import { PictureState } from './picture-state.ts';
import { pictureContract, pictureOwnerContract, pictureReady } from './protocol.ts';
import type { PictureOptions } from './protocol.ts';

/** Metrics are scraped more rarely than this. */
const figuresEveryMs = 5000;
const socketBufferBytes = 4 << 20;
/** Threads of libuv's pool, on which codecs run: some more than cores, so that one large picture holds nobody up. */
const poolThreads = Math.max(4, availableParallelism() + 2);

export interface EmbeddedPicturesOptions {
  readonly logLevel: PictureOptions['logLevel'];
  readonly log: Log;
}

/**
 * The node's side of the picture process: what is wanted stands in its state; here are the process, its channel and
 * its private RTP. A process that dies is replaced and filled again, while sound, sockets and links go on.
 */
export class EmbeddedPictures implements PictureEngine {
  readonly codecs: readonly VideoCodec[] = ['H264', 'VP8', 'H263', 'H263-1998'];
  readonly #log: Log;
  readonly #state: PictureState;
  #child: Child | null = null;
  #channel: PictureChannel | null = null;
  readonly #rtp = new PrivateRtp(socketBufferBytes, (packet) => this.#state.receive(packet));
  #figures: PictureFigures | null = null;
  #figuresTimer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | null = null;

  private constructor(log: Log) {
    this.#log = log;
    this.#state = new PictureState({ send: (packet) => this.#send(packet), log });
  }

  /** Null: what it needs is not there, which the log says. */
  static async start({ log, logLevel }: EmbeddedPicturesOptions): Promise<EmbeddedPictures | null> {
    const pictures = new EmbeddedPictures(log);
    const start: PictureOptions = { logLevel };
    try {
      pictures.#child = await Child.start({
        name: 'picture process',
        launch: forks({
          module: new URL('./main.ts', import.meta.url),
          // Read when the pool is used first, and loading modules does: too late for the process itself.
          env: { UV_THREADPOOL_SIZE: String(poolThreads) },
          notes: true,
        }),
        start,
        log,
        onUp: (running) => pictures.#attach(running),
        onDown: (death) => pictures.#detach(death),
      });
    } catch (error) {
      return unavailable(log, messageOf(error));
    }
    const ready = pictureReady.parse(pictures.#child.ready);
    if ('port' in ready) {
      pictures.#figuresTimer = setInterval(() => void pictures.#askFigures(), figuresEveryMs);
      return pictures;
    }
    await pictures.close();
    return unavailable(log, ready.missing);
  }

  openCamera(spec: CameraSpec): Camera {
    this.#child?.keepStandBy();
    return this.#state.openCamera(spec);
  }

  openViewer(spec: ViewerSpec): Viewer {
    this.#child?.keepStandBy();
    return this.#state.openViewer(spec);
  }

  setRoom(room: string, shown: RoomShown): void {
    this.#state.setRoom(room, shown);
  }

  status(): PictureStatus {
    return { ...statusOf(this.#child), leftOut: this.#state.leftOut, figures: this.#figures };
  }

  close(): Promise<void> {
    this.#closing ??= this.#shut();
    return this.#closing;
  }

  async #shut(): Promise<void> {
    clearInterval(this.#figuresTimer);
    this.#state.close();
    await this.#child?.close();
    this.#detach({ crashed: false, lastWords: [] });
    this.#rtp.close();
  }

  #attach({ ready, port }: RunningChild): void {
    const parsed = pictureReady.parse(ready);
    if (!('port' in parsed)) return;
    const channel: PictureChannel = new Channel(port, pictureOwnerContract, pictureContract, {
      calls: {},
      events: { ...this.#state.heard, log: (line) => relay(this.#log, line) },
    });
    this.#channel = channel;
    this.#rtp.connect(parsed.port).then(
      (own) => own !== null && channel.tell('connect', { port: own }),
      (error: unknown) =>
        this.#log.error({ error: messageOf(error) }, 'socket to the picture process can not be connected'),
    );
    this.#state.attach(channel);
  }

  #detach(death: Death): void {
    this.#channel?.close();
    this.#channel = null;
    this.#figures = null;
    this.#rtp.disconnect();
    this.#state.detach(death);
  }

  /** Never rejects: a process that does not answer is dealt with elsewhere. */
  async #askFigures(): Promise<void> {
    const channel = this.#channel;
    if (!channel) return;
    try {
      const figures = await channel.call('figures', null, { deadlineMs: figuresDeadlineMs });
      if (channel === this.#channel) this.#figures = figures;
    } catch (error) {
      if (!(error instanceof MediaError)) throw error;
    }
  }

  /** A frame goes when it is whole: waiting would delay it. */
  #send(packet: Buffer): void {
    this.#rtp.send(packet);
    if (packet[1] > 0x7f) this.#rtp.flush();
  }
}

function unavailable(log: Log, reason: string): null {
  log.warn(
    { reason },
    'calls have sound only, as node-av or the fonts can not be loaded: npm ci installs them, on platforms that have them',
  );
  return null;
}

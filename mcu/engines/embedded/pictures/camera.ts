import type { Channel } from '../../../control/channel.ts';
import { MediaError } from '../../../errors.ts';
import type { Camera, CameraFigures, CameraSpec, PictureSize, RoomVideoCodec } from '../../../ports.ts';
import { readUint32, writeUint32 } from '../../../rtp/packet.ts';
import { addFigures, noFigures } from './camera-figures.ts';
import { mostStreams, streamShift } from './protocol.ts';
import type { PictureContract, PictureOwnerContract } from './protocol.ts';

export type PictureChannel = Channel<PictureOwnerContract, PictureContract>;

/** What is known has to do for those who can't wait. */
export const figuresDeadlineMs = 1000;
/** A room's browsers ask for key frames one by one. */
const keyFramePauseMs = 500;

export interface CameraHost {
  readonly send: (packet: Buffer) => void;
  /** Null while the picture process is away. */
  readonly channel: () => PictureChannel | null;
  readonly closed: () => void;
}

/** A camera's state as the node wants it; `restore` brings it into any picture process. */
export class EmbeddedCamera implements Camera {
  readonly id: string;
  readonly spec: CameraSpec;
  onKeyFrameNeeded: (() => void) | null = null;
  onShown: ((size: PictureSize | null) => void) | null = null;
  onSize: ((size: PictureSize) => void) | null = null;
  onPublish: ((packet: Buffer) => void) | null = null;
  readonly #number: number;
  readonly #host: CameraHost;
  #shown: PictureSize | null = null;
  #size: PictureSize | null = null;
  #back: RoomVideoCodec | null = null;
  /** Of the streams that came from it; where one stands here is in the private SSRC's upper bits. */
  readonly #ssrcs: number[] = [];
  #stream = 0;
  #keyFrameAskedMs = -Infinity;
  #keyFrameTimer: NodeJS.Timeout | null = null;
  #figuresBefore = noFigures;
  #figures = noFigures;
  #withheld = false;
  #closed = false;

  constructor(spec: CameraSpec, number: number, host: CameraHost) {
    this.id = spec.id;
    this.spec = spec;
    this.#number = number;
    this.#host = host;
  }

  /** Whether its packets go to the process. */
  get isDecoded(): boolean {
    return !this.#closed && !this.#withheld && (this.#shown !== null || this.#back !== null);
  }

  /** What nobody sees is not sent to the process at all. */
  write(packet: Buffer): void {
    if (packet.length < 12 || !this.isDecoded) return;
    const ssrc = readUint32(packet, 8);
    if (ssrc !== this.#ssrcs[this.#stream]) this.#stream = this.#streamOf(ssrc);
    writeUint32(packet, 8, ((this.#stream << streamShift) | this.#number) >>> 0);
    this.#host.send(packet);
  }

  setPictureBack(codec: RoomVideoCodec | null): void {
    if (codec === this.#back) return;
    this.#back = codec;
    this.#host.channel()?.tell('setPictureBack', { camera: this.#number, codec });
  }

  requestKeyFrame(): void {
    if (this.#back === null || this.#keyFrameTimer) return;
    const waitMs = this.#keyFrameAskedMs + keyFramePauseMs - performance.now();
    if (waitMs > 0) this.#keyFrameTimer = setTimeout(this.#askForKeyFrame, waitMs);
    else this.#askForKeyFrame();
  }

  async figures(): Promise<CameraFigures> {
    const channel = this.#host.channel();
    if (channel && !this.#closed) {
      try {
        const asked = { camera: this.#number };
        this.#figures =
          (await channel.call('cameraFigures', asked, { deadlineMs: figuresDeadlineMs })) ?? this.#figures;
      } catch (error) {
        if (!(error instanceof MediaError)) throw error;
      }
    }
    return addFigures(this.#figuresBefore, this.#figures);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.onKeyFrameNeeded = this.onShown = this.onSize = this.onPublish = null;
    if (this.#keyFrameTimer) clearTimeout(this.#keyFrameTimer);
    this.#host.channel()?.tell('closeCamera', { camera: this.#number });
    this.#host.closed();
  }

  /** Keeps it out of any process, or brings it back. */
  setWithheld(withheld: boolean): void {
    if (withheld === this.#withheld) return;
    this.#withheld = withheld;
    const channel = this.#host.channel();
    if (withheld) channel?.tell('closeCamera', { camera: this.#number });
    else if (channel) this.restore(channel);
  }

  /** How large it is on the largest picture; null: on none. */
  shownAt(size: PictureSize | null): void {
    if (size?.width === this.#shown?.width && size?.height === this.#shown?.height) return;
    this.#shown = size;
    this.onShown?.(size);
  }

  /** The process has read another size in its stream. */
  hasSize(size: PictureSize): void {
    if (size.width === this.#size?.width && size.height === this.#size.height) return;
    this.#size = size;
    this.onSize?.(size);
  }

  /** Opens it in a process that doesn't know it. */
  restore(channel: PictureChannel): void {
    if (this.#withheld) return;
    const { id, formats, parameterSets, repaired = false } = this.spec;
    const camera = this.#number;
    channel.tell('openCamera', { camera, id, formats, repaired, ...(parameterSets && { parameterSets }) });
    if (this.#back) channel.tell('setPictureBack', { camera, codec: this.#back });
  }

  /** The process is gone, with what it had counted since it was asked last. */
  processLost(): void {
    this.#figuresBefore = addFigures(this.#figuresBefore, this.#figures);
    this.#figures = noFigures;
  }

  #streamOf(ssrc: number): number {
    const known = this.#ssrcs.indexOf(ssrc);
    if (known >= 0) return known;
    // Whoever changes it without end takes the oldest one's place.
    const stream = this.#ssrcs.length < mostStreams ? this.#ssrcs.length : (this.#stream + 1) % mostStreams;
    this.#ssrcs[stream] = ssrc;
    return stream;
  }

  readonly #askForKeyFrame = (): void => {
    this.#keyFrameTimer = null;
    this.#keyFrameAskedMs = performance.now();
    this.#host.channel()?.tell('requestBackKeyFrame', { camera: this.#number });
  };
}

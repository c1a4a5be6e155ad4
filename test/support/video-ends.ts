import type { Camera, VideoCodec, VideoFormat, Viewer } from '../../mcu/ports.ts';
import { writeUint32 } from '../../mcu/rtp/packet.ts';
import { FrameAssembler } from '../../mcu/video/frame-assembler.ts';
import type { EncodedFrame } from '../../mcu/video/frame-assembler.ts';
import { packetizerFor } from '../../mcu/video/payload-formats.ts';
import { decodeVideo } from './test-video.ts';
import type { TestPicture, TestVideo } from './test-video.ts';

export const payloadTypes = { H264: 102, VP8: 96, H263: 34, 'H263-1998': 97 } as const;

export function formatOf(codec: VideoCodec): VideoFormat {
  return { codec, payloadType: payloadTypes[codec] };
}

/** What takes a device's packets and asks it for key frames. */
export type CameraInput = Pick<Camera, 'write' | 'onKeyFrameNeeded'> & { close(): unknown };

/** Sends a test video again and again, 30 frames a second, and a key frame when it is asked for one. */
export class TestCamera<Input extends CameraInput = Camera> {
  readonly camera: Input;
  video: TestVideo;
  ssrc = 0x1234_5678;
  /** Changes or loses packets on their way; null: lost. */
  onWay: (packet: Buffer) => Buffer | null = (packet) => packet;
  /** Whether it does as it is asked. */
  obeys = true;
  keyFramesAsked = 0;
  #index = 0;
  #beat = Math.floor(Math.random() * 1_000_000);
  #timer: NodeJS.Timeout | null = null;
  #packetizer;

  constructor(camera: Input, video: TestVideo) {
    this.camera = camera;
    this.video = video;
    this.#packetizer = this.#newPacketizer();
    camera.onKeyFrameNeeded = () => {
      this.keyFramesAsked++;
      if (this.obeys) this.#index = 0;
    };
    this.start();
  }

  start(): void {
    this.#timer ??= setInterval(() => this.sendFrame(), 1000 / 30);
  }

  /** Another video, from its first frame on, as another stream where the codec is another one. */
  play(video: TestVideo): void {
    this.video = video;
    this.#index = 0;
    this.#packetizer = this.#newPacketizer();
  }

  sendFrame(): void {
    const frame = this.video.frames[this.#index];
    this.#index = (this.#index + 1) % this.video.frames.length;
    this.#beat++;
    this.#packetizer.packetize(frame, (this.#beat * 3000) >>> 0, (packet) => {
      const copy = Buffer.from(packet);
      writeUint32(copy, 8, this.ssrc);
      const arrived = this.onWay(copy);
      if (arrived) this.camera.write(arrived);
    });
  }

  pause(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  close(): void {
    this.pause();
    this.camera.close();
  }

  #newPacketizer(): ReturnType<typeof packetizerFor> {
    const { codec } = this.video;
    const stream = { ssrc: this.ssrc, payloadType: payloadTypes[codec], firstSequence: 65_530 };
    return packetizerFor({ codec, packetizationMode: 1 }, stream);
  }
}

/** What a device sees of an encoded stream: whole frames, decoded when somebody looks. */
export class TestScreen {
  readonly codec: VideoCodec;
  readonly frames: EncodedFrame[] = [];
  readonly #assembler: FrameAssembler;
  readonly #width: number;
  readonly #height: number;
  #sequence = 0;

  constructor(codec: VideoCodec, width: number, height: number) {
    this.codec = codec;
    this.#width = width;
    this.#height = height;
    this.#assembler = new FrameAssembler({
      formats: [0, 1].map((payloadType) => ({ codec, payloadType })),
      onFrame: (frame) => this.frames.push(frame),
    });
  }

  /** Shows what a viewer is sent. */
  static of(viewer: Viewer, codec: VideoCodec, width: number, height: number): TestScreen {
    const screen = new TestScreen(codec, width, height);
    viewer.onPacket = (packet) => screen.take(packet);
    return screen;
  }

  /** Lent. Numbered anew, as by the leg that it goes through. */
  take(packet: Buffer): void {
    const copy = Buffer.from(packet);
    copy.writeUInt16BE(this.#sequence, 2);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#assembler.write(copy, performance.now());
  }

  get keyFrames(): number {
    return this.frames.filter(({ keyFrame }) => keyFrame).length;
  }

  /** All pictures since this frame's key frame; none when there is none. */
  pictures(from = 0): Promise<TestPicture[]> {
    const first = this.frames.findLastIndex(({ keyFrame }, index) => keyFrame && index <= from);
    if (first < 0) return Promise.resolve([]);
    const frames = this.frames.slice(first).map(({ data }) => data);
    return decodeVideo(this.codec, frames, this.#width, this.#height);
  }

  /** The picture that is seen now; null: none yet. */
  async now(): Promise<TestPicture | null> {
    return (await this.pictures(this.frames.length - 1)).at(-1) ?? null;
  }
}

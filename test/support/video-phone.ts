import type { LegVideoConfig, PictureSize } from '../../mcu/ports.ts';
import { FrameAssembler } from '../../mcu/video/frame-assembler.ts';
import type { EncodedFrame } from '../../mcu/video/frame-assembler.ts';
import { packetizerFor } from '../../mcu/video/payload-formats.ts';
import { buildNack, buildPli, buildTmmbr } from '../../mcu/video/rtcp-feedback.ts';
import { Phone } from './phone.ts';
import { decodeVideo } from './test-video.ts';
import type { TestPicture, TestVideo } from './test-video.ts';
import { until } from './until.ts';
import { feedbackOf, videoConfig } from './video-peer.ts';

const payloadType = 96;

/** A room system's video: sends a test video, a key frame when it is asked for one, and shows what comes. */
export class VideoPhone {
  /** The sockets. */
  readonly phone: Phone;
  readonly video: TestVideo;
  framesSent = 0;
  /** Whole frames, as a decoder takes them. */
  readonly frames: EncodedFrame[] = [];
  /** Packets as they came. */
  readonly packets: Buffer[] = [];
  /** What RTCP asked for. */
  readonly asked: string[] = [];
  /** Loses packets on their way out. */
  loses: (index: number) => boolean = () => false;
  #index = 0;
  #sent = 0;
  #timer: NodeJS.Timeout | null = null;
  #packetizer;

  private constructor(phone: Phone, video: TestVideo) {
    this.phone = phone;
    this.video = video;
    const { codec } = video;
    this.#packetizer = packetizerFor(
      { codec, packetizationMode: 1 },
      { ssrc: phone.ssrc, payloadType, firstSequence: 65_500 },
    );
    const assembler = new FrameAssembler({
      formats: [{ codec, payloadType }],
      onFrame: (frame) => this.frames.push(frame),
    });
    phone.onPacket = (packet) => {
      const copy = Buffer.from(packet);
      this.packets.push(copy);
      assembler.write(Buffer.from(copy), performance.now());
    };
    phone.onReport = (packet) => {
      const asked = feedbackOf(packet);
      this.asked.push(...asked);
      if (asked.some((ask) => ask === 'pli' || ask.startsWith('fir'))) this.#index = 0;
    };
  }

  static async open(video: TestVideo): Promise<VideoPhone> {
    return new VideoPhone(await Phone.open(), video);
  }

  /** What offer and answer would have settled. */
  config(changes: Partial<LegVideoConfig> = {}): LegVideoConfig {
    return videoConfig({ codec: this.video.codec, payloadType, remote: this.phone.remote, ...changes });
  }

  /** Sends 30 frames a second until told otherwise. */
  film(): void {
    this.#timer ??= setInterval(() => this.sendFrame(), 1000 / 30);
  }

  pause(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  sendFrame(): void {
    const frame = this.video.frames[this.#index];
    this.#index = (this.#index + 1) % this.video.frames.length;
    this.#packetizer.packetize(frame, (++this.framesSent * 3000) >>> 0, (packet) => {
      if (!this.loses(this.#sent++)) this.phone.sendRaw(Buffer.from(packet));
    });
  }

  /** Of what comes. */
  get ssrc(): number {
    return this.packets.at(-1)?.readUInt32BE(8) ?? 0;
  }

  get keyFrames(): number {
    return this.frames.filter(({ keyFrame }) => keyFrame).length;
  }

  /** Each packet has the number after the last one's. */
  get isInSequence(): boolean {
    const numbers = this.packets.map((packet) => packet.readUInt16BE(2));
    return numbers.every((n, i) => i === 0 || ((n - numbers[i - 1]) & 0xffff) === 1);
  }

  get #framesSinceKeyFrame(): number {
    return this.frames.length - 1 - this.frames.findLastIndex(({ keyFrame }) => keyFrame);
  }

  requestKeyFrame(): void {
    this.phone.sendRtcp(buildPli(this.phone.ssrc, this.ssrc));
  }

  /** Asks for a packet again. */
  miss(sequence: number): void {
    this.phone.sendRtcp(buildNack(this.phone.ssrc, this.ssrc, [sequence]));
  }

  /** Takes no more bits per second. */
  limit(bitrate: number): void {
    this.phone.sendRtcp(buildTmmbr(this.phone.ssrc, { ssrc: this.ssrc, bitrate, overhead: 40 }));
  }

  /** The picture that is seen now; null: none yet. */
  async now(width: number, height: number): Promise<TestPicture | null> {
    const first = this.frames.findLastIndex(({ keyFrame }) => keyFrame);
    if (first < 0) return null;
    const frames = this.frames.slice(first).map(({ data }) => data);
    return (await decodeVideo(this.video.codec, frames, width, height)).at(-1) ?? null;
  }

  /** Until the middle of the picture has that colour. */
  async sees(colour: string, { width, height }: PictureSize): Promise<void> {
    await until(
      `${colour} is seen`,
      async () => {
        // Each look begins at the last key frame, and would take longer and longer.
        if (this.#framesSinceKeyFrame > 60) this.requestKeyFrame();
        return (await this.now(width, height))?.colourAt(0.5, 0.5) === colour;
      },
      20_000,
    );
  }

  close(): void {
    this.pause();
    this.phone.close();
  }
}

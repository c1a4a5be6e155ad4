import { rtpHeaderBytes } from '../../../mcu/rtp/packet.ts';
import { fps } from './clips.ts';
import type { Clip } from './clips.ts';

const frameTicks = 90_000 / fps;
const longestPacket = 1500;

export interface PlayerOptions {
  readonly payloadType: number;
  readonly ssrc: number;
  /** Whole header extension, RFC 8285's profile and length included; default: none. */
  readonly extension?: Buffer;
  readonly send: (packet: Buffer) => void;
}

/** Plays a clip as one RTP stream, again and again. */
export class ClipPlayer {
  readonly clip: Clip;
  readonly ssrc: number;
  /** Of the frame that was sent last. */
  timestamp = 0;
  readonly #options: PlayerOptions;
  readonly #packet = Buffer.alloc(longestPacket);
  readonly #header: number;
  #at = 0;
  #sequence = Math.floor(Math.random() * 65_536);

  constructor(clip: Clip, options: PlayerOptions) {
    this.clip = clip;
    this.ssrc = options.ssrc;
    this.#options = options;
    this.#header = rtpHeaderBytes + (options.extension?.length ?? 0);
    this.#packet[0] = options.extension ? 0x90 : 0x80;
    this.#packet.writeUInt32BE(options.ssrc, 8);
    options.extension?.copy(this.#packet, rtpHeaderBytes);
  }

  /** As a camera that is asked for one. */
  toKeyFrame(): void {
    this.#at = 0;
  }

  /** Sends the frame that is due, as the stream's `beat`th; gives its place in the clip. */
  play(beat: number): number {
    const index = this.#at;
    const payloads = this.clip.frames[index];
    this.#at = (index + 1) % this.clip.frames.length;
    this.timestamp = (beat * frameTicks) >>> 0;
    this.#packet.writeUInt32BE(this.timestamp, 4);
    for (const [i, payload] of payloads.entries()) {
      const marker = i === payloads.length - 1 ? 0x80 : 0;
      this.#packet[1] = marker | this.#options.payloadType;
      this.#sequence = (this.#sequence + 1) & 0xffff;
      this.#packet.writeUInt16BE(this.#sequence, 2);
      payload.copy(this.#packet, this.#header);
      this.#options.send(this.#packet.subarray(0, this.#header + payload.length));
    }
    return index;
  }
}

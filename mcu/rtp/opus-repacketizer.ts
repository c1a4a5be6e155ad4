import { rtpHeaderBytes, newRtpPacket } from './packet.ts';

/** Frames of one packet of ours: 60 ms. */
const mostFrames = 3;
/** RFC 6716 §3.2.1. */
const longestFrame = 1275;
/** At Opus' clock, of our 20 ms frames. */
const frameUnits = 960;

/**
 * Puts several 20 ms Opus frames into one packet (code 3 with different lengths, RFC 6716 §3.2.5), for peers that
 * ask for 40 or 60 ms. Shorter packets than a frame there are none: who asks for 10 ms gets 20.
 */
export class OpusRepacketizer {
  readonly #packet = newRtpPacket(2 + mostFrames * (longestFrame + 2), 0, 0);
  readonly #frames = Buffer.alloc(mostFrames * longestFrame);
  readonly #lengths: number[] = [];
  readonly #perPacket: number;
  readonly #emit: (packet: Buffer, sourceTimestamp: number) => void;
  #bytes = 0;
  #toc = 0;
  #timestamp = 0;

  constructor(ptimeMs: number, emit: (packet: Buffer, sourceTimestamp: number) => void) {
    this.#perPacket = Math.max(1, Math.min(mostFrames, Math.floor(ptimeMs / 20)));
    this.#emit = emit;
  }

  /** Takes the payload of a packet whose first sample has this timestamp. */
  write(packet: Buffer, start: number, end: number, timestamp: number): void {
    const toc = packet[start];
    const length = end - start - 1;
    const isSingle = (toc & 3) === 0 && length >= 0 && length <= longestFrame;
    const held = this.#lengths.length;
    const follows =
      held > 0 && toc === this.#toc && timestamp === (this.#timestamp + held * frameUnits) >>> 0;
    if (held > 0 && !(isSingle && follows)) this.#flush();
    if (!isSingle || this.#perPacket === 1) {
      this.#emit(packet, timestamp);
      return;
    }
    if (this.#lengths.length === 0) {
      this.#toc = toc;
      this.#timestamp = timestamp;
    }
    packet.copy(this.#frames, this.#bytes, start + 1, end);
    this.#bytes += length;
    this.#lengths.push(length);
    if (this.#lengths.length === this.#perPacket) this.#flush();
  }

  clear(): void {
    this.#lengths.length = 0;
    this.#bytes = 0;
  }

  #flush(): void {
    const packet = this.#packet;
    const count = this.#lengths.length;
    let at = rtpHeaderBytes;
    packet[at++] = this.#toc | 3;
    // VBR, no padding, so many frames.
    packet[at++] = 0x80 | count;
    for (let i = 0; i < count - 1; i++) at = writeLength(packet, at, this.#lengths[i]);
    this.#frames.copy(packet, at, 0, this.#bytes);
    const end = at + this.#bytes;
    this.clear();
    this.#emit(packet.subarray(0, end), this.#timestamp);
  }
}

/** RFC 6716 §3.2.1: one octet up to 251, else 4 × the second + the first. */
function writeLength(packet: Buffer, at: number, length: number): number {
  if (length < 252) {
    packet[at] = length;
    return at + 1;
  }
  packet[at] = 252 + (length & 3);
  packet[at + 1] = (length - packet[at]) >> 2;
  return at + 2;
}

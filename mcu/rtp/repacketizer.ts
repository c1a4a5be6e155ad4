import { newRtpPacket, rtpHeaderBytes } from './packet.ts';

/** Cuts a stream of G.711 or G.722 into packets of another length: an octet is a unit of their RTP clock. */
export class Repacketizer {
  readonly #packet: Buffer;
  readonly #payloadBytes: number;
  readonly #emit: (packet: Buffer, sourceTimestamp: number) => void;
  #filled = 0;

  constructor(ptimeMs: number, emit: (packet: Buffer, sourceTimestamp: number) => void) {
    this.#payloadBytes = ptimeMs * 8;
    this.#packet = newRtpPacket(this.#payloadBytes, 0, 0);
    this.#emit = emit;
  }

  /** Takes the payload of a packet whose first sample has this timestamp. */
  write(packet: Buffer, start: number, end: number, timestamp: number): void {
    for (let at = start; at < end;) {
      const count = Math.min(end - at, this.#payloadBytes - this.#filled);
      packet.copy(this.#packet, rtpHeaderBytes + this.#filled, at, at + count);
      this.#filled += count;
      at += count;
      if (this.#filled < this.#payloadBytes) return;
      this.#filled = 0;
      this.#emit(this.#packet, (timestamp + (at - start) - this.#payloadBytes) >>> 0);
    }
  }

  clear(): void {
    this.#filled = 0;
  }
}

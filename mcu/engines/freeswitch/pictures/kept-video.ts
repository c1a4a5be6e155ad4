/** Two seconds of a large picture, which no channel takes to open; whoever has to wait longer asks for a key frame. */
const mostPackets = 500;

/**
 * What a camera sends from its last key frame on, kept until there is a channel to decode it: LiveKit passes on one
 * question for a key frame a second, so that the next one may be a second away.
 */
export class KeptVideo {
  #packets: Buffer[] = [];
  #keyTimestamp = -1;

  /** A packet, which is given away. Without a key frame before it, it is of no use. */
  keep(packet: Buffer, timestamp: number, keyFrame: boolean): void {
    if (keyFrame && timestamp !== this.#keyTimestamp) {
      this.#packets = [];
      this.#keyTimestamp = timestamp;
    } else if (this.#packets.length === 0) return;
    if (this.#packets.length < mostPackets) this.#packets.push(packet);
    else this.take();
  }

  /** In the order in which they came; it keeps nothing of them. */
  take(): readonly Buffer[] {
    const packets = this.#packets;
    this.#packets = [];
    this.#keyTimestamp = -1;
    return packets;
  }
}

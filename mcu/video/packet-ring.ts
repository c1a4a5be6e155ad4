import { sequenceDelta } from '../rtp/packet.ts';

/** Longer ones would not pass an Ethernet path with SRTP and UDP around them. */
const slotBytes = 1500;

/** The last packets of a stream, for those who lost some of them (RFC 4585 §6.2.1). All its memory is taken at once. */
export class PacketRing {
  readonly #memory: Buffer;
  readonly #lengths: Uint16Array;
  readonly #sequences: Uint16Array;
  readonly #count: number;
  #latest = 0;

  /** @param count How many packets are kept: a power of two. */
  constructor(count: number) {
    this.#count = count;
    this.#memory = Buffer.alloc(count * slotBytes);
    this.#lengths = new Uint16Array(count);
    this.#sequences = new Uint16Array(count);
  }

  /** Copies an RTP packet; one that is too long is not kept. */
  keep(packet: Buffer): void {
    if (packet.length > slotBytes) return;
    const sequence = packet.readUInt16BE(2);
    const slot = sequence % this.#count;
    packet.copy(this.#memory, slot * slotBytes);
    this.#lengths[slot] = packet.length;
    this.#sequences[slot] = sequence;
    this.#latest = sequence;
  }

  /** The packet of that number, valid until the slot's next one; null: not kept, or of another round of numbers. */
  find(sequence: number): Buffer | null {
    const slot = sequence % this.#count;
    const length = this.#lengths[slot];
    if (length === 0 || this.#sequences[slot] !== sequence) return null;
    const age = sequenceDelta(this.#latest, sequence);
    if (age < 0 || age >= this.#count) return null;
    return this.#memory.subarray(slot * slotBytes, slot * slotBytes + length);
  }
}

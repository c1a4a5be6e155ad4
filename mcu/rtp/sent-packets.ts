/** A packet of a stream, on its way out or sent already. */
export interface SentPacket {
  /** −1: nothing was kept here yet. */
  sequence: number;
  bytes: Buffer;
  /** The packet, in `bytes`. */
  packet: Buffer;
  sentAtMs: number;
  resends: number;
  resentAtMs: number;
}

/** What most packets fit into, with SRTP around them. */
const slotBytes = 1400;

/** The latest packets of a stream by sequence number: memory that is made once and written again and again. */
export class SentPackets {
  readonly #slots: (SentPacket | undefined)[];

  /** @param size How many are kept: a power of two. */
  constructor(size: number) {
    this.#slots = Array.from({ length: size }, () => undefined);
  }

  /** Keeps a copy in the place of the packet `size` before it. */
  put(sequence: number, packet: Buffer): SentPacket {
    const at = sequence % this.#slots.length;
    const slot = (this.#slots[at] ??= newSlot());
    slot.sequence = sequence;
    slot.resends = 0;
    slot.resentAtMs = -Infinity;
    fill(slot, packet);
    return slot;
  }

  /** Keeps what came out of a kept packet in its place: it is encrypted. */
  replace(slot: SentPacket, packet: Buffer): void {
    if (packet !== slot.packet) fill(slot, packet);
  }

  /** Null: it is not kept any more, or never was. */
  find(sequence: number): SentPacket | null {
    const slot = this.#slots[sequence % this.#slots.length];
    return slot?.sequence === sequence ? slot : null;
  }

  clear(): void {
    for (const slot of this.#slots) if (slot) slot.sequence = -1;
  }
}

function newSlot(): SentPacket {
  const bytes = Buffer.allocUnsafeSlow(slotBytes);
  return { sequence: -1, bytes, packet: bytes, sentAtMs: 0, resends: 0, resentAtMs: 0 };
}

function fill(slot: SentPacket, packet: Buffer): void {
  if (packet.length > slot.bytes.length) slot.bytes = Buffer.allocUnsafeSlow(packet.length);
  if (packet.length !== slot.packet.length || slot.packet.buffer !== slot.bytes.buffer)
    slot.packet = slot.bytes.subarray(0, packet.length);
  packet.copy(slot.packet);
}

/** A packet of a stream, on its way out or sent already. */
export interface SentPacket {
  /** −1: nothing was kept here yet. */
  sequence: number;
  bytes: Buffer;
  /** The packet, in `bytes`. */
  packet: Buffer;
  /** −Infinity: it wasn't yet. */
  sentAtMs: number;
  resends: number;
  resentAtMs: number;
}

/** What most packets fit into, with SRTP around them. */
const slotBytes = 1400;

/** A retransmission that comes later than this is of no use to anybody's picture. */
const keptMs = 1000;
const mostResends = 3;
/** Two requests within this time are for one loss. */
const resendPauseMs = 10;

/**
 * What may be sent again, as a share of what is sent: who asks for everything, as often as it may, gets half as much on
 * top, not three times. Enough for the loss of a third, more than any picture survives. (libwebrtc stops at the whole
 * rate, in 500 ms.)
 */
const resendShare = 0.5;
/** What may add up while little gets lost: the largest burst that is sent again, a key frame. */
const mostCreditBytes = 128 * 1024;
/** What a stream begins with, so that its very first packets can be sent again. */
const firstCreditBytes = 16 * 1024;

/**
 * The latest packets of a stream by sequence number, for a receiver that loses some (RFC 4585 §6.2.1): memory that is made
 * once and written again and again.
 */
export class SentPackets {
  readonly #slots: (SentPacket | undefined)[];
  #creditBytes = firstCreditBytes;
  /** How many were sent again. */
  resent = 0;

  /** @param size How many are kept: a power of two. */
  constructor(size: number) {
    this.#slots = Array.from({ length: size }, () => undefined);
  }

  /** Keeps a copy, in the place of the packet `size` before it. */
  put(sequence: number, packet: Buffer): SentPacket {
    const at = sequence % this.#slots.length;
    const slot = (this.#slots[at] ??= newSlot());
    slot.sequence = sequence;
    slot.sentAtMs = slot.resentAtMs = -Infinity;
    slot.resends = 0;
    fill(slot, packet);
    return slot;
  }

  /** A kept packet has gone out, as `wire`, which is kept in its place: SRTP encrypts a packet once (RFC 3711 §3.3.2). */
  sent(slot: SentPacket, wire: Buffer, nowMs: number): void {
    if (wire !== slot.packet) fill(slot, wire);
    slot.sentAtMs = nowMs;
    this.#creditBytes = Math.min(mostCreditBytes, this.#creditBytes + wire.length * resendShare);
  }

  /** Null: it is not kept any more, or never was. */
  find(sequence: number): SentPacket | null {
    const slot = this.#slots[sequence % this.#slots.length];
    return slot?.sequence === sequence ? slot : null;
  }

  /** The receiver misses a packet: what is to be sent again, valid until the next `put`; null: nothing. */
  again(sequence: number, nowMs: number): Buffer | null {
    const slot = this.find(sequence);
    if (!slot || nowMs - slot.sentAtMs > keptMs) return null;
    if (slot.resends === mostResends || nowMs - slot.resentAtMs < resendPauseMs) return null;
    if (slot.packet.length > this.#creditBytes) return null;
    this.#creditBytes -= slot.packet.length;
    slot.resends++;
    slot.resentAtMs = nowMs;
    this.resent++;
    return slot.packet;
  }

  clear(): void {
    for (const slot of this.#slots) if (slot) slot.sequence = -1;
  }
}

function newSlot(): SentPacket {
  const bytes = Buffer.allocUnsafeSlow(slotBytes);
  return { sequence: -1, bytes, packet: bytes, sentAtMs: -Infinity, resends: 0, resentAtMs: -Infinity };
}

function fill(slot: SentPacket, packet: Buffer): void {
  if (packet.length > slot.bytes.length) slot.bytes = Buffer.allocUnsafeSlow(packet.length);
  if (packet.length !== slot.packet.length || slot.packet.buffer !== slot.bytes.buffer)
    slot.packet = slot.bytes.subarray(0, packet.length);
  packet.copy(slot.packet);
}

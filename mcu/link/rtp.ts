/** RTP packets (RFC 3550 §5.1) at the room link: rewritten for the SFU, cleaned for the engine. */
import type { RoomCodec, RoomVideoCodec } from '../ports.ts';

/** Payload types on our side of the link, in both directions; those without a static one are as in libwebrtc's offers. */
export const PAYLOAD_TYPES = { PCMU: 0, PCMA: 8, opus: 111, VP8: 96, H264: 102 } as const satisfies Record<
  RoomCodec | RoomVideoCodec,
  number
>;

const FIXED_HEADER = 12;
/** Longer ones would not pass an Ethernet path with SRTP and UDP around them. */
const MAX_PACKET = 1500;

/** Offset of what follows the fixed header and the CSRCs; -1 when the packet is no RTP. */
function headerEnd(packet: Buffer): number {
  if (packet.length < FIXED_HEADER || (packet[0] & 0xc0) !== 0x80) return -1;
  const end = FIXED_HEADER + 4 * (packet[0] & 0x0f);
  return end <= packet.length ? end : -1;
}

/** Offset of the payload, behind header extensions; -1 when the packet is cut short. */
export function payloadStart(packet: Buffer): number {
  const end = headerEnd(packet);
  if (end < 0 || (packet[0] & 0x10) === 0) return end;
  if (end + 4 > packet.length) return -1;
  const start = end + 4 + 4 * packet.readUInt16BE(end + 2);
  return start <= packet.length ? start : -1;
}

/** Offset behind the payload, before padding; -1 when the padding is longer than the packet. */
export function payloadEnd(packet: Buffer, start: number): number {
  if ((packet[0] & 0x20) === 0) return packet.length;
  const padding = packet[packet.length - 1];
  return padding > 0 && packet.length - padding >= start ? packet.length - padding : -1;
}

/**
 * Removes header extensions and padding in place: the header moves up to the payload. Gives the view of
 * the same memory that is left, or null for what is no RTP or has no payload (a probe). With `probesToo` a probe's header
 * is left, for those who would take its sequence number for lost.
 */
export function bare(packet: Buffer, probesToo = false): Buffer | null {
  const header = headerEnd(packet);
  const start = payloadStart(packet);
  if (start < 0) return null;
  const end = payloadEnd(packet, start);
  if (probesToo ? end < start : end <= start) return null;
  const shift = start - header;
  packet[0] = packet[0] & ~0x30;
  if (shift > 0) packet.copyWithin(shift, 0, header);
  return shift === 0 && end === packet.length ? packet : packet.subarray(shift, end);
}

/** Whether a datagram of the muxed transport is RTCP (RFC 5761 §4). */
export function isRtcp(packet: Buffer): boolean {
  const type = packet[1];
  return type >= 192 && type <= 223;
}

/**
 * Rewrites a caller's packets into the link's stream. One scratch buffer, and one view of it per packet
 * length, are all it ever allocates; what `rewrite` returns is valid until the next call.
 */
export class RtpRewriter {
  readonly #ssrc: number;
  readonly #payloadType: number;
  readonly #midCode: number;
  readonly #scratch = Buffer.alloc(MAX_PACKET);
  readonly #views: (Buffer | undefined)[] = [];
  #levelId = 0;
  #midId = 0;

  /** `mid`: of the m-line, one character. */
  constructor(ssrc: number, codec: RoomCodec | RoomVideoCodec, mid: string) {
    this.#ssrc = ssrc;
    this.#payloadType = PAYLOAD_TYPES[codec];
    this.#midCode = mid.charCodeAt(0);
  }

  /** Extension ids as the answer settled them; 0: leave that one out. */
  useExtensions(ids: { readonly audioLevel: number; readonly mid: number }): void {
    this.#levelId = ids.audioLevel;
    this.#midId = ids.mid;
  }

  /** Length of the header that `rewrite` writes. */
  get headerBytes(): number {
    return this.#levelId !== 0 || this.#midId !== 0 ? FIXED_HEADER + 8 : FIXED_HEADER;
  }

  /** The packet for the SFU, or null for what is no RTP, has no payload or is too long. */
  rewrite(packet: Buffer, levelDbov: number): Buffer | null {
    const start = payloadStart(packet);
    if (start < 0) return null;
    const end = payloadEnd(packet, start);
    if (end <= start) return null;
    const out = this.#scratch;
    const header = this.headerBytes;
    const extended = header > FIXED_HEADER;
    const length = header + end - start;
    if (length > MAX_PACKET) return null;
    out[0] = extended ? 0x90 : 0x80;
    out[1] = (packet[1] & 0x80) | this.#payloadType;
    packet.copy(out, 2, 2, 8);
    out.writeUInt32BE(this.#ssrc, 8);
    if (extended) this.#writeExtensions(out, levelDbov);
    packet.copy(out, header, start, end);
    return (this.#views[length] ??= out.subarray(0, length));
  }

  /** RFC 8285 §4.2, one-byte headers: level and a mid of one character fill one word exactly. */
  #writeExtensions(out: Buffer, levelDbov: number): void {
    out.writeUInt32BE(0xbede0001, 12);
    out.writeUInt32BE(0, 16);
    let at = 16;
    if (this.#levelId !== 0) {
      const level = Math.min(127, Math.max(0, Math.round(levelDbov)));
      out[at++] = this.#levelId << 4;
      // RFC 6464 §3: the first bit says "voice"; nothing here detects it, so all but silence counts.
      out[at++] = level < 127 ? 0x80 | level : level;
    }
    if (this.#midId !== 0) {
      out[at++] = this.#midId << 4;
      out[at] = this.#midCode;
    }
  }
}

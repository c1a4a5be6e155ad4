/** Retransmissions (RFC 4588 §4): the original packet travels on an SSRC and payload type of its own. */
import { payloadEnd, payloadStart } from './rtp.ts';

/**
 * Turns a retransmission back into the packet it repairs, in place: the payload's first two bytes are the
 * original sequence number. Gives a view of the same memory, or null for a probe or what is no RTX.
 */
export function unwrapRtx(packet: Buffer, ssrc: number, payloadType: number): Buffer | null {
  const start = payloadStart(packet);
  // A bare number is a probe for bandwidth: it repairs nothing.
  if (start < 0 || payloadEnd(packet, start) <= start + 2) return null;
  const sequence = packet.readUInt16BE(start);
  packet.copyWithin(2, 0, start);
  const original = packet.subarray(2);
  original[1] = (original[1] & 0x80) | payloadType;
  original.writeUInt16BE(sequence, 2);
  original.writeUInt32BE(ssrc, 8);
  return original;
}

/** RTP's fixed header, RFC 3550 §5.1, read and written in place: no view or object per packet. */

export const rtpHeaderBytes = 12;

/** Where a packet's payload lies, in one reusable object. */
export interface RtpView {
  payloadType: number;
  marker: boolean;
  sequence: number;
  timestamp: number;
  ssrc: number;
  payloadStart: number;
  /** After the last payload byte; padding is outside. */
  payloadEnd: number;
}

export function newRtpView(): RtpView {
  return {
    payloadType: 0,
    marker: false,
    sequence: 0,
    timestamp: 0,
    ssrc: 0,
    payloadStart: 0,
    payloadEnd: 0,
  };
}

/** True when the second byte marks an RTCP packet on a shared port (RFC 5761 §4). */
export function isRtcp(packet: Buffer): boolean {
  const type = packet[1];
  return type >= 192 && type <= 223;
}

/** Validates (RFC 3550 A.1) and fills the view; false: not RTP, the view is undefined. */
export function parseRtp(packet: Buffer, view: RtpView): boolean {
  const length = packet.length;
  if (length < rtpHeaderBytes) return false;
  const first = packet[0];
  if (first >> 6 !== 2) return false;
  let start = rtpHeaderBytes + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (start + 4 > length) return false;
    start += 4 + ((packet[start + 2] << 8) | packet[start + 3]) * 4;
  }
  let end = length;
  if ((first & 0x20) !== 0) {
    const padding = packet[length - 1];
    if (padding === 0) return false;
    end -= padding;
  }
  if (start > end) return false;
  const second = packet[1];
  view.payloadType = second & 0x7f;
  view.marker = second > 0x7f;
  view.sequence = (packet[2] << 8) | packet[3];
  view.timestamp = readUint32(packet, 4);
  view.ssrc = readUint32(packet, 8);
  view.payloadStart = start;
  view.payloadEnd = end;
  return true;
}

/**
 * The packet with a plain header, in its own memory: without CSRCs, extensions and padding, which are the peer's own
 * business. The view goes with it.
 */
export function plainRtp(packet: Buffer, view: RtpView): Buffer {
  if (packet[0] === 0x80) return packet;
  packet.copyWithin(rtpHeaderBytes, view.payloadStart, view.payloadEnd);
  packet[0] = 0x80;
  const length = rtpHeaderBytes + view.payloadEnd - view.payloadStart;
  view.payloadStart = rtpHeaderBytes;
  view.payloadEnd = length;
  return packet.subarray(0, length);
}

export function readUint32(buffer: Buffer, at: number): number {
  return ((buffer[at] << 24) | (buffer[at + 1] << 16) | (buffer[at + 2] << 8) | buffer[at + 3]) >>> 0;
}

export function writeUint32(buffer: Buffer, at: number, value: number): void {
  buffer[at] = value >>> 24;
  buffer[at + 1] = value >>> 16;
  buffer[at + 2] = value >>> 8;
  buffer[at + 3] = value;
}

/** Writes type, marker, sequence and timestamp over a header that is there. */
export function rewriteRtp(
  packet: Buffer,
  payloadType: number,
  marker: boolean,
  sequence: number,
  timestamp: number,
): void {
  packet[1] = marker ? payloadType | 0x80 : payloadType;
  packet[2] = sequence >>> 8;
  packet[3] = sequence;
  writeUint32(packet, 4, timestamp);
}

/** A packet of its own with a plain header, for senders that reuse it. */
export function newRtpPacket(payloadBytes: number, payloadType: number, ssrc: number): Buffer {
  const packet = Buffer.alloc(rtpHeaderBytes + payloadBytes);
  packet[0] = 0x80;
  packet[1] = payloadType;
  writeUint32(packet, 8, ssrc);
  return packet;
}

/** Signed distance from `b` to `a` on the 16-bit circle. */
export function sequenceDelta(a: number, b: number): number {
  return ((a - b) << 16) >> 16;
}

/** Signed distance from `b` to `a` on the 32-bit circle. */
export function timestampDelta(a: number, b: number): number {
  return (a - b) | 0;
}

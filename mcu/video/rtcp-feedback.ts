/**
 * Feedback about video in RTCP: PLI and generic NACK (RFC 4585 §6), FIR, TMMBR and TMMBN (RFC 5104 §4). What is built is
 * one RTCP packet, to be sent behind a report (`rtp/rtcp.ts`) or alone where reduced size was agreed (RFC 5506).
 */
import { readUint32, sequenceDelta, writeUint32 } from '../rtp/packet.ts';
import { isCompound } from '../rtp/rtcp.ts';

/** FIR of RFC 2032 §5.2.1, which old devices still send. */
const oldFullIntraRequest = 192;
const transportFeedback = 205;
const payloadFeedback = 206;

const transportFormat = { nack: 1, tmmbr: 3, tmmbn: 4 } as const;
const payloadFormat = { pli: 1, fir: 4 } as const;

/** Both SSRCs stand before the feedback itself (RFC 4585 §6.1). */
const headerBytes = 12;
const nackBytes = 4;
const entryBytes = 8;

/** A stream's limit as its receiver sees it. */
export interface BitrateLimit {
  readonly ssrc: number;
  /** Bits per second, with the overhead in it. */
  readonly bitrate: number;
  /** Of headers below RTP's payload, bytes a packet. */
  readonly overhead: number;
}

/** A picture is lost: the sender of `mediaSsrc` is to make it up (RFC 4585 §6.3.1). */
export function buildPli(senderSsrc: number, mediaSsrc: number): Buffer {
  return feedback(payloadFeedback, payloadFormat.pli, senderSsrc, mediaSsrc, 0);
}

/** A key frame is to be sent (RFC 5104 §4.3.1). `command`: goes on by one, modulo 256, with each that isn't a repetition. */
export function buildFir(senderSsrc: number, mediaSsrc: number, command: number): Buffer {
  // §4.3.1.2: the SSRC of the media source is not used there and 0.
  const packet = feedback(payloadFeedback, payloadFormat.fir, senderSsrc, 0, entryBytes);
  writeUint32(packet, headerBytes, mediaSsrc);
  packet[headerBytes + 4] = command;
  return packet;
}

/** These packets are missing (RFC 4585 §6.2.1). `sequences`: in order, and not empty. */
export function buildNack(senderSsrc: number, mediaSsrc: number, sequences: readonly number[]): Buffer {
  const entries: { first: number; following: number }[] = [];
  for (const sequence of sequences) {
    const last = entries.at(-1);
    const ahead = last === undefined ? -1 : sequenceDelta(sequence, last.first);
    if (last !== undefined && ahead > 0 && ahead <= 16) last.following |= 1 << (ahead - 1);
    else entries.push({ first: sequence, following: 0 });
  }
  const packet = feedback(
    transportFeedback,
    transportFormat.nack,
    senderSsrc,
    mediaSsrc,
    nackBytes * entries.length,
  );
  for (const [i, { first, following }] of entries.entries()) {
    packet.writeUInt16BE(first, headerBytes + nackBytes * i);
    packet.writeUInt16BE(following, headerBytes + nackBytes * i + 2);
  }
  return packet;
}

/** The sender of `limit.ssrc` is to stay below it (RFC 5104 §4.2.1). */
export function buildTmmbr(senderSsrc: number, limit: BitrateLimit): Buffer {
  return limits(transportFormat.tmmbr, senderSsrc, [limit]);
}

/** What limits a sender keeps to, and whose they are (RFC 5104 §4.2.2). */
export function buildTmmbn(senderSsrc: number, bounding: readonly BitrateLimit[]): Buffer {
  return limits(transportFormat.tmmbn, senderSsrc, bounding);
}

export interface FeedbackListener {
  /** A key frame is wanted by PLI, or as RFC 2032 has it. */
  onPli(mediaSsrc: number): void;
  /** A key frame is wanted; the same `command` again is a repetition (RFC 5104 §4.3.1.1). */
  onFir(senderSsrc: number, mediaSsrc: number, command: number): void;
  /** One missing packet. */
  onNack(mediaSsrc: number, sequence: number): void;
  /** `limit.ssrc` is the stream that is limited. */
  onTmmbr(senderSsrc: number, limit: BitrateLimit): void;
  /** `limit.ssrc` is the receiver that set it. */
  onTmmbn(senderSsrc: number, limit: BitrateLimit): void;
}

/** Reads all feedback of an RTCP packet, compound or not; false: malformed, and nothing of it was told. */
export function parseFeedback(packet: Buffer, listener: FeedbackListener): boolean {
  if (!isCompound(packet)) return false;
  for (let at = 0; at < packet.length;) {
    const format = packet[at] & 0x1f;
    const type = packet[at + 1];
    const end = at + (packet.readUInt16BE(at + 2) + 1) * 4;
    if (type === oldFullIntraRequest && end - at >= 8) listener.onPli(readUint32(packet, at + 4));
    else if (end - at >= headerBytes && type === payloadFeedback)
      readPayloadFeedback(packet, at, end, format, listener);
    else if (end - at >= headerBytes && type === transportFeedback)
      readTransportFeedback(packet, at, end, format, listener);
    at = end;
  }
  return true;
}

function readPayloadFeedback(
  packet: Buffer,
  at: number,
  end: number,
  format: number,
  to: FeedbackListener,
): void {
  if (format === payloadFormat.pli) to.onPli(readUint32(packet, at + 8));
  if (format !== payloadFormat.fir) return;
  for (let entry = at + headerBytes; entry + entryBytes <= end; entry += entryBytes)
    to.onFir(readUint32(packet, at + 4), readUint32(packet, entry), packet[entry + 4]);
}

function readTransportFeedback(
  packet: Buffer,
  at: number,
  end: number,
  format: number,
  to: FeedbackListener,
): void {
  const first = at + headerBytes;
  if (format === transportFormat.nack) {
    const mediaSsrc = readUint32(packet, at + 8);
    for (let entry = first; entry + nackBytes <= end; entry += nackBytes)
      readNack(packet, entry, mediaSsrc, to);
  } else if (format === transportFormat.tmmbr || format === transportFormat.tmmbn) {
    const sender = readUint32(packet, at + 4);
    for (let entry = first; entry + entryBytes <= end; entry += entryBytes) {
      const limit = readLimit(packet, entry);
      if (format === transportFormat.tmmbr) to.onTmmbr(sender, limit);
      else to.onTmmbn(sender, limit);
    }
  }
}

function readNack(packet: Buffer, entry: number, mediaSsrc: number, to: FeedbackListener): void {
  const sequence = packet.readUInt16BE(entry);
  to.onNack(mediaSsrc, sequence);
  for (let following = packet.readUInt16BE(entry + 2), i = 1; following !== 0; following >>= 1, i++)
    if ((following & 1) !== 0) to.onNack(mediaSsrc, (sequence + i) & 0xffff);
}

function feedback(
  type: number,
  format: number,
  senderSsrc: number,
  mediaSsrc: number,
  bytes: number,
): Buffer {
  const packet = Buffer.alloc(headerBytes + bytes);
  packet[0] = 0x80 | format;
  packet[1] = type;
  packet.writeUInt16BE(packet.length / 4 - 1, 2);
  writeUint32(packet, 4, senderSsrc);
  writeUint32(packet, 8, mediaSsrc);
  return packet;
}

function limits(format: number, senderSsrc: number, all: readonly BitrateLimit[]): Buffer {
  // RFC 5104 §4.2.1.2, §4.2.2.2: the SSRC of the media source is not used there and 0.
  const packet = feedback(transportFeedback, format, senderSsrc, 0, entryBytes * all.length);
  for (const [i, limit] of all.entries()) writeLimit(packet, headerBytes + entryBytes * i, limit);
  return packet;
}

/** RFC 5104 §4.2.1.1: exponent of 6 bits, mantissa of 17, overhead of 9. */
function writeLimit(packet: Buffer, at: number, { ssrc, bitrate, overhead }: BitrateLimit): void {
  let exponent = 0;
  let mantissa = Math.max(0, Math.floor(bitrate));
  // Rounded down: a limit is kept.
  for (; mantissa > 0x1ffff; exponent++) mantissa = Math.floor(mantissa / 2);
  writeUint32(packet, at, ssrc);
  writeUint32(packet, at + 4, exponent * 2 ** 26 + mantissa * 2 ** 9 + Math.min(0x1ff, overhead));
}

function readLimit(packet: Buffer, at: number): BitrateLimit {
  const value = readUint32(packet, at + 4);
  return {
    ssrc: readUint32(packet, at),
    bitrate: ((value >>> 9) & 0x1ffff) * 2 ** (value >>> 26),
    overhead: value & 0x1ff,
  };
}

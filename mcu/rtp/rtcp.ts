/** RTCP, RFC 3550 §6: reports both ways, CNAME, BYE. Off the packet path: one report every few seconds. */
import { extendedReport, readVoipMetrics, voipMetricsBytes, writeVoipMetrics } from '../quality/xr.ts';
import type { VoipMetrics } from '../quality/xr.ts';
import { readUint32, writeUint32 } from './packet.ts';

const senderReport = 200;
const receiverReport = 201;
const sourceDescription = 202;
const goodbye = 203;

/** Seconds from 1900 (NTP) to 1970. */
const ntpEpochSeconds = 2_208_988_800;

export interface ReceptionReport {
  readonly ssrc: number;
  readonly fractionLost: number;
  readonly lost: number;
  readonly extendedHighest: number;
  readonly jitter: number;
  /** Middle 32 bits of the last SR's NTP time, and the wait since, in 1/65536 s. */
  readonly lastSr: number;
  readonly delaySinceLastSr: number;
}

export interface SenderInfo {
  readonly wallMs: number;
  readonly rtpTimestamp: number;
  readonly packets: number;
  readonly octets: number;
}

export interface Report {
  readonly ssrc: number;
  readonly cname: string;
  /** Only when something was sent since the last report. */
  readonly sender: SenderInfo | null;
  readonly reception: ReceptionReport | null;
  /** RFC 3611 §4.7; only for peers that asked for it. */
  readonly voipMetrics?: VoipMetrics | null;
  readonly bye?: boolean;
}

/** Middle 32 bits of the NTP time (RFC 3550 §4). */
export function ntpMiddle(wallMs: number): number {
  const seconds = Math.floor(wallMs / 1000) + ntpEpochSeconds;
  const fraction = Math.floor(((wallMs % 1000) / 1000) * 0x10000);
  return (((seconds & 0xffff) << 16) | fraction) >>> 0;
}

/** A compound packet: SR or RR, SDES with CNAME, XR and BYE when asked (RFC 3550 §6.1). */
export function buildReport(report: Report): Buffer {
  const { sender, reception, voipMetrics } = report;
  const cname = Buffer.from(report.cname, 'utf8').subarray(0, 255);
  const reportBytes = 8 + (sender ? 20 : 0) + (reception ? 24 : 0);
  // Chunk: SSRC, type, length, text, at least one zero octet, to a 32-bit boundary (§6.5).
  const sdesBytes = 4 + Math.ceil((4 + 2 + cname.length + 1) / 4) * 4;
  const xrBytes = voipMetrics ? voipMetricsBytes : 0;
  const byeBytes = report.bye === true ? 8 : 0;
  const out = Buffer.alloc(reportBytes + sdesBytes + xrBytes + byeBytes);

  writeHeader(out, 0, sender ? senderReport : receiverReport, reception ? 1 : 0, reportBytes);
  writeUint32(out, 4, report.ssrc);
  let at = 8;
  if (sender) {
    writeUint32(out, at, Math.floor(sender.wallMs / 1000) + ntpEpochSeconds);
    writeUint32(out, at + 4, Math.floor(((sender.wallMs % 1000) / 1000) * 0x1_0000_0000));
    writeUint32(out, at + 8, sender.rtpTimestamp);
    writeUint32(out, at + 12, sender.packets);
    writeUint32(out, at + 16, sender.octets);
    at += 20;
  }
  if (reception) writeReception(out, at, reception);

  writeHeader(out, reportBytes, sourceDescription, 1, sdesBytes);
  writeUint32(out, reportBytes + 4, report.ssrc);
  out[reportBytes + 8] = 1;
  out[reportBytes + 9] = cname.length;
  cname.copy(out, reportBytes + 10);
  const rest = reportBytes + sdesBytes;
  if (voipMetrics) writeVoipMetrics(out, rest, report.ssrc, voipMetrics);
  if (byeBytes > 0) {
    writeHeader(out, rest + xrBytes, goodbye, 1, byeBytes);
    writeUint32(out, rest + xrBytes + 4, report.ssrc);
  }
  return out;
}

function writeHeader(out: Buffer, at: number, type: number, count: number, bytes: number): void {
  out[at] = 0x80 | count;
  out[at + 1] = type;
  out.writeUInt16BE(bytes / 4 - 1, at + 2);
}

function writeReception(out: Buffer, at: number, report: ReceptionReport): void {
  writeUint32(out, at, report.ssrc);
  const lost = Math.max(-0x800000, Math.min(0x7fffff, report.lost));
  writeUint32(out, at + 4, (report.fractionLost << 24) | (lost & 0xffffff));
  writeUint32(out, at + 8, report.extendedHighest);
  writeUint32(out, at + 12, report.jitter);
  writeUint32(out, at + 16, report.lastSr);
  writeUint32(out, at + 20, report.delaySinceLastSr);
}

/** What a sender says of its clock. */
export interface SenderTime {
  /** Its NTP time in ms since 1900, and the middle 32 bits of that. */
  readonly ntpMs: number;
  readonly ntpMiddle: number;
  /** What belongs to it. */
  readonly rtpTimestamp: number;
}

export interface RtcpListener {
  onSenderReport(ssrc: number, time: SenderTime): void;
  onReception(report: ReceptionReport): void;
  onVoipMetrics(metrics: VoipMetrics): void;
  onBye(ssrc: number): void;
}

/** Reads a compound packet; false: malformed (RFC 3550 A.2), and nothing of it was told. */
export function parseRtcp(packet: Buffer, listener: RtcpListener): boolean {
  if (!isCompound(packet)) return false;
  for (let at = 0; at < packet.length;) {
    const count = packet[at] & 0x1f;
    const type = packet[at + 1];
    const end = at + (packet.readUInt16BE(at + 2) + 1) * 4;
    if (type === senderReport && end - at >= 28) {
      listener.onSenderReport(readUint32(packet, at + 4), readSenderTime(packet, at + 8));
      readReceptions(packet, at + 28, end, count, listener);
    } else if (type === receiverReport && end - at >= 8) {
      readReceptions(packet, at + 8, end, count, listener);
    } else if (type === extendedReport && end - at >= 8) {
      readVoipMetrics(packet, at, end, (metrics) => listener.onVoipMetrics(metrics));
    } else if (type === goodbye && count > 0 && end - at >= 8) {
      listener.onBye(readUint32(packet, at + 4));
    }
    at = end;
  }
  return true;
}

function readSenderTime(packet: Buffer, at: number): SenderTime {
  const [seconds, fraction] = [readUint32(packet, at), readUint32(packet, at + 4)];
  return {
    ntpMs: seconds * 1000 + (fraction * 1000) / 0x1_0000_0000,
    ntpMiddle: (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0,
    rtpTimestamp: readUint32(packet, at + 8),
  };
}

/** One RTCP packet or more, with lengths that add up. */
export function isCompound(packet: Buffer): boolean {
  // Reduced-size packets (RFC 5506) may begin with feedback: any RTCP type is taken first.
  const type = packet[1];
  if (packet.length < 8 || type < 192 || type > 223) return false;
  let at = 0;
  while (at < packet.length) {
    if (at + 4 > packet.length || packet[at] >> 6 !== 2) return false;
    at += (packet.readUInt16BE(at + 2) + 1) * 4;
  }
  return at === packet.length;
}

function readReceptions(packet: Buffer, from: number, end: number, count: number, to: RtcpListener): void {
  for (let i = 0, at = from; i < count && at + 24 <= end; i++, at += 24) {
    to.onReception({
      ssrc: readUint32(packet, at),
      fractionLost: packet[at + 4],
      lost: packet.readIntBE(at + 5, 3),
      extendedHighest: readUint32(packet, at + 8),
      jitter: readUint32(packet, at + 12),
      lastSr: readUint32(packet, at + 16),
      delaySinceLastSr: readUint32(packet, at + 20),
    });
  }
}

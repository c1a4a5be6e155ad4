/** RTCP extended reports, RFC 3611: the VoIP metrics block (§4.7), written and read. */
import { readUint32, writeUint32 } from '../rtp/packet.ts';

export const extendedReport = 207;
const voipMetricsBlock = 7;
const blockBytes = 36;
/** An XR packet with that block alone. */
export const voipMetricsBytes = 8 + blockBytes;
/** §4.7: "unavailable" in the 8-bit fields. */
const unavailable = 127;

/** What a receiver says of a voice. Null: it does not know. */
export interface VoipMetrics {
  /** SSRC of the voice. */
  readonly ssrc: number;
  readonly lossPercent: number;
  readonly discardPercent: number;
  readonly burstLossPercent: number;
  readonly gapLossPercent: number;
  readonly burstMs: number;
  readonly gapMs: number;
  readonly roundTripMs: number;
  readonly endSystemMs: number;
  /** dBm0. */
  readonly signalDb: number | null;
  readonly noiseDb: number | null;
  /** Residual echo return loss at the reporter, dB. */
  readonly echoReturnLossDb: number | null;
  readonly gmin: number;
  /** 0–100. */
  readonly rFactor: number | null;
  /** 1–5; listening and conversational. */
  readonly mosLq: number | null;
  readonly mosCq: number | null;
  /** Of the reporter's jitter buffer. */
  readonly playoutNominalMs: number;
  readonly playoutMostMs: number;
  readonly playoutLimitMs: number;
}

/** Writes an XR packet of `voipMetricsBytes` into `out` from `at`. */
export function writeVoipMetrics(out: Buffer, at: number, reporter: number, metrics: VoipMetrics): void {
  out[at] = 0x80;
  out[at + 1] = extendedReport;
  out.writeUInt16BE(voipMetricsBytes / 4 - 1, at + 2);
  writeUint32(out, at + 4, reporter);
  const block = at + 8;
  out[block] = voipMetricsBlock;
  out[block + 1] = 0;
  out.writeUInt16BE(blockBytes / 4 - 1, block + 2);
  writeUint32(out, block + 4, metrics.ssrc);
  out[block + 8] = fraction(metrics.lossPercent);
  out[block + 9] = fraction(metrics.discardPercent);
  out[block + 10] = fraction(metrics.burstLossPercent);
  out[block + 11] = fraction(metrics.gapLossPercent);
  out.writeUInt16BE(sixteen(metrics.burstMs), block + 12);
  out.writeUInt16BE(sixteen(metrics.gapMs), block + 14);
  out.writeUInt16BE(sixteen(metrics.roundTripMs), block + 16);
  out.writeUInt16BE(sixteen(metrics.endSystemMs), block + 18);
  out.writeInt8(level(metrics.signalDb), block + 20);
  out.writeInt8(level(metrics.noiseDb), block + 21);
  out[block + 22] = small(metrics.echoReturnLossDb, 1, 126);
  out[block + 23] = metrics.gmin;
  out[block + 24] = small(metrics.rFactor, 1, 100);
  // The R factor of an external network: none.
  out[block + 25] = unavailable;
  out[block + 26] = small(metrics.mosLq, 10, 50);
  out[block + 27] = small(metrics.mosCq, 10, 50);
  // §4.7.6: standard concealment (11), adaptive buffer (11), adjustment rate unspecified.
  out[block + 28] = 0xf0;
  out[block + 29] = 0;
  out.writeUInt16BE(sixteen(metrics.playoutNominalMs), block + 30);
  out.writeUInt16BE(sixteen(metrics.playoutMostMs), block + 32);
  out.writeUInt16BE(sixteen(metrics.playoutLimitMs), block + 34);
}

/** Finds the VoIP metrics in an XR packet that begins at `at` and ends at `end`; other blocks are passed over. */
export function readVoipMetrics(
  packet: Buffer,
  at: number,
  end: number,
  onMetrics: (metrics: VoipMetrics) => void,
): void {
  let block = at + 8;
  while (block + 4 <= end) {
    const next = block + (packet.readUInt16BE(block + 2) + 1) * 4;
    // A block that leaves its packet says nothing.
    if (next > end) return;
    if (packet[block] === voipMetricsBlock && next - block >= blockBytes) onMetrics(readBlock(packet, block));
    block = next;
  }
}

function readBlock(packet: Buffer, block: number): VoipMetrics {
  return {
    ssrc: readUint32(packet, block + 4),
    lossPercent: (packet[block + 8] * 100) / 256,
    discardPercent: (packet[block + 9] * 100) / 256,
    burstLossPercent: (packet[block + 10] * 100) / 256,
    gapLossPercent: (packet[block + 11] * 100) / 256,
    burstMs: packet.readUInt16BE(block + 12),
    gapMs: packet.readUInt16BE(block + 14),
    roundTripMs: packet.readUInt16BE(block + 16),
    endSystemMs: packet.readUInt16BE(block + 18),
    signalDb: known(packet.readInt8(block + 20), -127, 126),
    noiseDb: known(packet.readInt8(block + 21), -127, 126),
    echoReturnLossDb: known(packet[block + 22], 0, 126),
    gmin: packet[block + 23],
    rFactor: known(packet[block + 24], 0, 100),
    mosLq: score(packet[block + 26]),
    mosCq: score(packet[block + 27]),
    playoutNominalMs: packet.readUInt16BE(block + 30),
    playoutMostMs: packet.readUInt16BE(block + 32),
    playoutLimitMs: packet.readUInt16BE(block + 34),
  };
}

/** A share as a binary fraction (§4.7.1). */
function fraction(percent: number): number {
  return Math.max(0, Math.min(255, Math.floor((percent * 256) / 100)));
}

function sixteen(value: number): number {
  return Math.max(0, Math.min(0xffff, Math.round(value)));
}

function level(db: number | null): number {
  return db === null ? unavailable : Math.max(-127, Math.min(126, Math.round(db)));
}

function small(value: number | null, factor: number, most: number): number {
  return value === null ? unavailable : Math.max(0, Math.min(most, Math.round(value * factor)));
}

function known(value: number, least: number, most: number): number | null {
  return value >= least && value <= most ? value : null;
}

/** §4.7.5: tenths, 10–50. */
function score(value: number): number | null {
  return value >= 10 && value <= 50 ? value / 10 : null;
}

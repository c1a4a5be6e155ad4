/** The RTCP (RFC 3550 §6) that a link needs: sender reports for what it publishes, receiver reports for what it takes. */

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
/** Seconds from 1900, NTP's epoch, to 1970. */
const NTP_OFFSET_S = 2_208_988_800;

/** Counts one outgoing stream and writes its sender reports into a buffer of its own. */
export class SenderReports {
  readonly #report = Buffer.alloc(28);
  #packets = 0;
  #octets = 0;

  constructor(ssrc: number) {
    this.#report[0] = 0x80;
    this.#report[1] = SENDER_REPORT;
    this.#report.writeUInt16BE(6, 2);
    this.#report.writeUInt32BE(ssrc, 4);
  }

  count(payloadBytes: number): void {
    this.#packets = (this.#packets + 1) >>> 0;
    this.#octets = (this.#octets + payloadBytes) >>> 0;
  }

  /** The report that ties an RTP timestamp to the wall clock (§6.4.1); valid until the next call. */
  report(rtpTimestamp: number, wallMs: number): Buffer {
    const seconds = Math.floor(wallMs / 1000);
    this.#report.writeUInt32BE((seconds + NTP_OFFSET_S) >>> 0, 8);
    this.#report.writeUInt32BE(Math.floor(((wallMs - seconds * 1000) / 1000) * 2 ** 32) >>> 0, 12);
    this.#report.writeUInt32BE(rtpTimestamp >>> 0, 16);
    this.#report.writeUInt32BE(this.#packets, 20);
    this.#report.writeUInt32BE(this.#octets, 24);
    return this.#report;
  }
}

/** Reception of one stream, as §6.4.1 and appendix A.3 count it. */
export class Reception {
  #first = -1;
  #highest = 0;
  #cycles = 0;
  #received = 0;
  #expectedBefore = 0;
  #receivedBefore = 0;

  count(sequence: number): void {
    this.#received += 1;
    if (this.#first < 0) {
      this.#first = sequence;
      this.#highest = sequence;
      return;
    }
    const ahead = (sequence - this.#highest) & 0xffff;
    if (ahead === 0 || ahead >= 0x8000) return;
    if (sequence < this.#highest) this.#cycles += 0x10000;
    this.#highest = sequence;
  }

  /** Writes a report block for this stream and begins the next interval. */
  write(out: Buffer, at: number, ssrc: number, lastReport: number): void {
    const extended = this.#cycles + this.#highest;
    const expected = this.#first < 0 ? 0 : extended - this.#first + 1;
    const lost = Math.max(-0x800000, Math.min(0x7fffff, expected - this.#received));
    const interval = expected - this.#expectedBefore;
    const missing = interval - (this.#received - this.#receivedBefore);
    this.#expectedBefore = expected;
    this.#receivedBefore = this.#received;
    out.writeUInt32BE(ssrc, at);
    out[at + 4] = interval > 0 && missing > 0 ? Math.min(255, Math.floor((missing * 256) / interval)) : 0;
    out.writeIntBE(lost, at + 5, 3);
    out.writeUInt32BE(extended >>> 0, at + 8);
    // Interarrival jitter is the engine's to measure, behind its own clock.
    out.writeUInt32BE(0, at + 12);
    out.writeUInt32BE(lastReport, at + 16);
    // The report goes out at once, so the delay since the last sender report is none.
    out.writeUInt32BE(0, at + 20);
  }
}

/**
 * Answers the sender reports in a compound packet with one receiver report; null when there is none.
 * Answering at once needs no timer and lets the SFU measure the round trip exactly.
 */
export function receiverReport(
  compound: Buffer,
  ownSsrc: number,
  receptionOf: (ssrc: number) => Reception | undefined,
): Buffer | null {
  for (let at = 0; at + 4 <= compound.length; at += 4 + 4 * compound.readUInt16BE(at + 2)) {
    if (compound[at + 1] !== SENDER_REPORT || at + 28 > compound.length) continue;
    const ssrc = compound.readUInt32BE(at + 4);
    const reception = receptionOf(ssrc);
    if (reception === undefined) continue;
    const report = Buffer.alloc(32);
    report[0] = 0x81;
    report[1] = RECEIVER_REPORT;
    report.writeUInt16BE(7, 2);
    report.writeUInt32BE(ownSsrc, 4);
    // LSR is the middle of the NTP time stamp.
    reception.write(report, 8, ssrc, compound.readUInt32BE(at + 10));
    return report;
  }
  return null;
}

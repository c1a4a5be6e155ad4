import { describe, expect, it } from 'vitest';
import { receiverReport, Reception, SenderReports } from '../../../../mcu/link/rtcp.ts';

describe('sender reports', () => {
  it('tie the RTP clock to the wall clock and count what was sent', () => {
    const reports = new SenderReports(0xcafe0001);
    reports.count(160);
    reports.count(160);
    const report = reports.report(0x1_0000_0005, Date.UTC(1970, 0, 1, 0, 0, 1, 500));
    expect(report.subarray(0, 8).toString('hex')).toBe('80c80006cafe0001');
    // RFC 5905 §6: 1970 is 2,208,988,800 s after NTP's epoch; half a second is 2^31.
    expect(report.readUInt32BE(8)).toBe(2_208_988_801);
    expect(report.readUInt32BE(12)).toBe(0x8000_0000);
    expect([report.readUInt32BE(16), report.readUInt32BE(20), report.readUInt32BE(24)]).toEqual([5, 2, 320]);
  });
});

describe('receiver reports', () => {
  const senderReport = (ssrc: number): Buffer => new SenderReports(ssrc).report(0, 1000);
  const block = (reception: Reception): { lost: number; fraction: number; highest: number; lsr: number } => {
    const out = receiverReport(senderReport(7), 1, () => reception);
    if (out === null) throw new Error('no report');
    return {
      fraction: out[12],
      lost: out.readIntBE(13, 3),
      highest: out.readUInt32BE(16),
      lsr: out.readUInt32BE(24),
    };
  };

  it('answer a sender report of a stream that we take, and no other', () => {
    expect(receiverReport(senderReport(7), 1, () => undefined)).toBeNull();
    expect(receiverReport(Buffer.alloc(0), 1, () => new Reception())).toBeNull();
    const out = receiverReport(senderReport(7), 0x0a0b0c0d, (ssrc) =>
      ssrc === 7 ? new Reception() : undefined,
    );
    expect(out?.subarray(0, 12).toString('hex')).toBe('81c900070a0b0c0d00000007');
  });

  it('count losses over the interval and in all, through a wrap', () => {
    const reception = new Reception();
    for (const sequence of [65_534, 65_535, 0, 2]) reception.count(sequence);
    const first = block(reception);
    expect(first).toMatchObject({ lost: 1, fraction: Math.floor(256 / 5), highest: 0x10002 });
    expect(first.lsr).toBe(senderReport(7).readUInt32BE(10));
    for (const sequence of [3, 4]) reception.count(sequence);
    expect(block(reception)).toMatchObject({ lost: 1, fraction: 0, highest: 0x10004 });
    // A late packet fills its gap; a duplicate makes the count negative (RFC 3550 §6.4.1).
    reception.count(1);
    reception.count(4);
    expect(block(reception)).toMatchObject({ lost: -1, fraction: 0, highest: 0x10004 });
  });

  it('find the sender report in a compound packet', () => {
    const receiver = Buffer.from('80c9000100000001', 'hex');
    const compound = Buffer.concat([receiver, senderReport(7)]);
    expect(receiverReport(compound, 1, () => new Reception())).not.toBeNull();
    expect(receiverReport(compound.subarray(0, 20), 1, () => new Reception())).toBeNull();
  });
});

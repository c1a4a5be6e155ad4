import { expect, test } from 'vitest';
import { buildReport, ntpMiddle, parseRtcp } from '../../../../mcu/rtp/rtcp.ts';
import type { VoipMetrics } from '../../../../mcu/quality/xr.ts';
import type { ReceptionReport } from '../../../../mcu/rtp/rtcp.ts';

function read(packet: Buffer) {
  const got: { sr?: number[]; receptions: ReceptionReport[]; xr?: VoipMetrics; bye?: number } = {
    receptions: [],
  };
  const valid = parseRtcp(packet, {
    onSenderReport: (ssrc, { ntpMiddle, ntpMs, rtpTimestamp }) =>
      (got.sr = [ssrc, ntpMiddle, ntpMs, rtpTimestamp]),
    onReception: (report) => got.receptions.push(report),
    onVoipMetrics: (metrics) => (got.xr = metrics),
    onBye: (ssrc) => (got.bye = ssrc),
  });
  return { valid, ...got };
}

const reception: ReceptionReport = {
  ssrc: 0xffff_fff0,
  fractionLost: 200,
  lost: -3,
  extendedHighest: 0x0001_0004,
  jitter: 77,
  lastSr: 0xdead_beef,
  delaySinceLastSr: 65_536,
};

test('a sender’s report says everything once', () => {
  const wallMs = 1_700_000_000_250;
  const packet = buildReport({
    ssrc: 0x8000_0001,
    cname: 'caller',
    sender: { wallMs, rtpTimestamp: 0xffff_ffff, packets: 10, octets: 1600 },
    reception,
    bye: true,
  });
  expect(packet.length % 4).toBe(0);
  expect(read(packet)).toEqual({
    valid: true,
    sr: [0x8000_0001, ntpMiddle(wallMs), wallMs + 2_208_988_800_000, 0xffff_ffff],
    receptions: [reception],
    bye: 0x8000_0001,
  });
  // RFC 3550 §4: 16 bits of seconds since 1900, 16 of fraction.
  expect(ntpMiddle(wallMs) & 0xffff).toBe(0x4000);
  expect(ntpMiddle(wallMs) >>> 16).toBe((1_700_000_000 + 2_208_988_800) % 65_536);
});

test('CNAMEs of any length keep to 32-bit boundaries', () => {
  for (let length = 0; length < 12; length++) {
    const packet = buildReport({ ssrc: 1, cname: 'x'.repeat(length), sender: null, reception: null });
    expect(read(packet).valid).toBe(true);
    expect(packet[1]).toBe(201);
    // The text ends with at least one zero octet.
    expect(packet.at(-1)).toBe(0);
  }
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['a cut packet', Buffer.from([0x80, 201, 0, 9, 0, 0, 0, 1])],
  ['another version', Buffer.from([0x40, 201, 0, 1, 0, 0, 0, 1])],
  ['RTP', Buffer.from([0x80, 0, 0, 1, 0, 0, 0, 1])],
  ['garbage behind', Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 1, 0x80])],
])('refuses %s', (_, packet) => {
  expect(read(packet).valid).toBe(false);
});

test('a report that promises more blocks than it has is read as far as it goes', () => {
  expect(read(Buffer.from([0x9f, 201, 0, 1, 0, 0, 0, 1]))).toEqual({ valid: true, receptions: [] });
});

import { expect, test } from 'vitest';
import { buildReport } from '../../../../mcu/rtp/rtcp.ts';
import {
  buildFir,
  buildNack,
  buildPli,
  buildTmmbn,
  buildTmmbr,
  parseFeedback,
} from '../../../../mcu/video/rtcp-feedback.ts';

function read(packet: Buffer): { valid: boolean; told: unknown[] } {
  const told: unknown[] = [];
  const valid = parseFeedback(packet, {
    onPli: (ssrc) => told.push(['pli', ssrc]),
    onFir: (sender, ssrc, command) => told.push(['fir', sender, ssrc, command]),
    onNack: (ssrc, sequence) => told.push(['nack', ssrc, sequence]),
    onTmmbr: (sender, limit) => told.push(['tmmbr', sender, limit]),
    onTmmbn: (sender, limit) => told.push(['tmmbn', sender, limit]),
  });
  return { valid, told };
}

const own = 0xf000_0001;
const media = 0x8000_0002;

test('PLI, as RFC 4585 §6.3.1 draws it', () => {
  expect(buildPli(own, media).toString('hex')).toBe('81ce0002f000000180000002');
  expect(read(buildPli(own, media))).toEqual({ valid: true, told: [['pli', media]] });
});

test('FIR, as RFC 5104 §4.3.1 draws it', () => {
  expect(buildFir(own, media, 200).toString('hex')).toBe('84ce0004f00000010000000080000002c8000000');
  expect(read(buildFir(own, media, 200))).toEqual({ valid: true, told: [['fir', own, media, 200]] });
});

test('FIR of old devices asks for a key frame too', () => {
  expect(read(Buffer.from('80c0000180000002', 'hex'))).toEqual({ valid: true, told: [['pli', media]] });
});

test('NACK packs up to seventeen sequence numbers into an entry, around the wrap', () => {
  const missing = [65_534, 65_535, 0, 14, 15, 40];
  const packet = buildNack(own, media, missing);
  // 65534 and bits for +1, +2, +16; then 15; then 40.
  expect(packet.toString('hex')).toBe('81cd0005f000000180000002fffe8003000f0000002800' + '00');
  expect(read(packet)).toEqual({ valid: true, told: missing.map((one) => ['nack', media, one]) });
});

test('TMMBR and TMMBN keep limits, rounded down to their 17 bits', () => {
  const limit = { ssrc: media, bitrate: 1_500_000, overhead: 40 };
  expect(read(buildTmmbr(own, limit))).toEqual({ valid: true, told: [['tmmbr', own, limit]] });
  const odd = { ...limit, bitrate: 1_500_001 };
  expect(read(buildTmmbn(own, [odd, limit])).told).toEqual([
    ['tmmbn', own, limit],
    ['tmmbn', own, limit],
  ]);
  expect(read(buildTmmbn(own, []))).toEqual({ valid: true, told: [] });
  const huge = { ...limit, bitrate: 4e15 };
  expect(read(buildTmmbr(own, huge)).told).toMatchObject([
    ['tmmbr', own, { bitrate: expect.closeTo(4e15, -11) as number }],
  ]);
});

test('feedback stands behind a report, or beside other feedback', () => {
  const report = buildReport({ ssrc: own, cname: 'viewer', sender: null, reception: null });
  const compound = Buffer.concat([report, buildNack(own, media, [7]), buildPli(own, media)]);
  expect(read(compound)).toEqual({
    valid: true,
    told: [
      ['nack', media, 7],
      ['pli', media],
    ],
  });
});

test('what is cut or claims more than there is tells nothing', () => {
  for (const whole of [buildPli(own, media), buildFir(own, media, 1), buildNack(own, media, [1, 2, 99])])
    for (let length = 0; length < whole.length; length++)
      expect(read(whole.subarray(0, length))).toEqual({ valid: false, told: [] });
  // Feedback that ends before its SSRCs: nothing to be told.
  expect(read(Buffer.from('81ce0001f0000001', 'hex'))).toEqual({ valid: true, told: [] });
});

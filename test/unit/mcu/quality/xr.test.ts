import { expect, test } from 'vitest';
import { readVoipMetrics, voipMetricsBytes, writeVoipMetrics } from '../../../../mcu/quality/xr.ts';
import type { VoipMetrics } from '../../../../mcu/quality/xr.ts';

const metrics: VoipMetrics = {
  ssrc: 0xfedc_ba98,
  lossPercent: 12.5,
  discardPercent: 25,
  burstLossPercent: 50,
  gapLossPercent: 6.25,
  burstMs: 180,
  gapMs: 4200,
  roundTripMs: 77,
  endSystemMs: 60,
  signalDb: -21,
  noiseDb: -70,
  echoReturnLossDb: 33,
  gmin: 16,
  rFactor: 78,
  mosLq: 4.1,
  mosCq: 3.9,
  playoutNominalMs: 40,
  playoutMostMs: 80,
  playoutLimitMs: 160,
};

function written(of: VoipMetrics): Buffer {
  const packet = Buffer.alloc(voipMetricsBytes);
  writeVoipMetrics(packet, 0, 0x0102_0304, of);
  return packet;
}

function read(packet: Buffer): VoipMetrics[] {
  const got: VoipMetrics[] = [];
  readVoipMetrics(packet, 0, packet.length, (each) => got.push(each));
  return got;
}

test('the block is laid out as in RFC 3611 §4.7', () => {
  expect(written(metrics).toString('hex')).toBe(
    [
      '80cf000a01020304', // XR, 10 words after the first, reporter
      '07000008fedcba98', // block 7, 8 words after the first, voice
      '20408010', // lost 1/8, discarded 1/4, in bursts 1/2, in gaps 1/16
      '00b41068004d003c', // burst, gap, round trip, end system
      'ebba2110', // signal, noise, echo, Gmin
      '4e7f2927', // R, no external R, MOS listening and conversational
      'f0000028005000a0', // concealment and buffer, its delays
    ].join(''),
  );
});

test('what is written is read', () => {
  expect(read(written(metrics))).toEqual([metrics]);
});

test('what is not known stays unknown', () => {
  const unknown = {
    ...metrics,
    signalDb: null,
    noiseDb: null,
    echoReturnLossDb: null,
    rFactor: null,
    mosLq: null,
    mosCq: null,
  };
  expect(read(written(unknown))).toEqual([unknown]);
  expect(written(unknown).subarray(28, 31)).toEqual(Buffer.from([127, 127, 127]));
});

test('values beyond the fields are cut to them', () => {
  const [got] = read(
    written({ ...metrics, lossPercent: 100, gapMs: 1e6, rFactor: 120, mosLq: 9, signalDb: -500 }),
  );
  expect(got).toMatchObject({ gapMs: 65_535, rFactor: 100, mosLq: 5, signalDb: -127 });
  expect(got.lossPercent).toBeCloseTo(100, 0);
});

test('other blocks are passed over, and one that leaves the packet says nothing', () => {
  const receiverTime = Buffer.from([4, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8]);
  const packet = written(metrics);
  const both = Buffer.concat([packet.subarray(0, 8), receiverTime, packet.subarray(8)]);
  expect(read(both)).toEqual([metrics]);
  expect(read(both.subarray(0, both.length - 4))).toEqual([]);
  expect(read(packet.subarray(0, 8))).toEqual([]);
});

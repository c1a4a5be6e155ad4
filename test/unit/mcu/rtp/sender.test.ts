import { expect, test } from 'vitest';
import { newRtpPacket, newRtpView, parseRtp } from '../../../../mcu/rtp/packet.ts';
import { Repacketizer } from '../../../../mcu/rtp/repacketizer.ts';
import { RtpSender } from '../../../../mcu/rtp/sender.ts';

function make() {
  let nowMs = 1000;
  const sender = new RtpSender(8000, () => nowMs);
  return {
    sender,
    send: (sourceTimestamp: number, afterMs = 20) => {
      nowMs += afterMs;
      const packet = newRtpPacket(160, 0, 0);
      sender.stamp(packet, 8, sourceTimestamp);
      const view = newRtpView();
      parseRtp(packet, view);
      return view;
    },
  };
}

test('sequence and timestamps go on over a change of source', () => {
  const { sender, send } = make();
  const first = send(500);
  const second = send(660);
  sender.changeSource();
  const third = send(4_000_000_000);
  expect(first).toMatchObject({ payloadType: 8, marker: true, ssrc: sender.ssrc });
  expect((second.timestamp - first.timestamp) >>> 0).toBe(160);
  expect((third.timestamp - second.timestamp) >>> 0).toBe(160);
  expect((third.sequence - first.sequence) & 0xffff).toBe(2);
  expect(third).toMatchObject({ marker: false, ssrc: first.ssrc });
});

test('after a pause the timestamps follow the clock and the marker opens a talkspurt', () => {
  const { sender, send } = make();
  const before = send(500);
  sender.changeSource();
  const after = send(700, 2000);
  expect((after.timestamp - before.timestamp) >>> 0).toBe(16_000);
  expect(after.marker).toBe(true);
});

test('a stall that comes as a burst leaves the timestamps as the source made them', () => {
  const { send } = make();
  const first = send(0);
  send(160, 100);
  send(320, 0);
  const last = send(480, 0);
  expect((last.timestamp - first.timestamp) >>> 0).toBe(480);
});

test('a source that begins anew unannounced never turns time back', () => {
  const { send } = make();
  const first = send(50_000);
  const second = send(10);
  expect((second.timestamp - first.timestamp) >>> 0).toBe(160);
});

test.each([10, 30, 40])('20 ms packets become %i ms packets without a lost octet', (ptimeMs) => {
  const out: number[] = [];
  const stamps: number[] = [];
  const repacketizer = new Repacketizer(ptimeMs, (packet, timestamp) => {
    out.push(...packet.subarray(12));
    stamps.push(timestamp);
  });
  const sent: number[] = [];
  for (let i = 0; i < 12; i++) {
    const packet = newRtpPacket(160, 0, 0);
    for (let k = 0; k < 160; k++) packet[12 + k] = (i * 160 + k) % 251;
    sent.push(...packet.subarray(12));
    repacketizer.write(packet, 12, 172, 1000 + i * 160);
  }
  expect(out).toEqual(sent);
  expect(stamps).toEqual(stamps.map((_, i) => 1000 + i * ptimeMs * 8));
});

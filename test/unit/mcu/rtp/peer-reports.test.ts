import { expect, test } from 'vitest';
import { PeerReports } from '../../../../mcu/rtp/peer-reports.ts';
import { newRtpPacket } from '../../../../mcu/rtp/packet.ts';
import { RtpSender } from '../../../../mcu/rtp/sender.ts';

const now = () => 0;

function reports() {
  const sender = new RtpSender(48_000, now);
  const told: number[] = [];
  const counted: number[] = [];
  const peer = new PeerReports({
    ...{ now, wallNow: now },
    sender: () => sender,
    onLoss: (percent) => told.push(percent),
    onReport: (_percent, packets) => counted.push(packets),
  });
  const send = (count: number) => {
    for (let i = 0; i < count; i++) sender.stamp(newRtpPacket(10, 0, 1), 0, 960 * (i + 1));
  };
  const report = (fractionLost: number, ssrc = sender.ssrc, lost = 0, extendedHighest = 1) =>
    peer.onReception({
      ...{ ssrc, fractionLost, lost, extendedHighest },
      ...{ jitter: 0, lastSr: 0, delaySinceLastSr: 0 },
    });
  return { report, told, counted, sender, send, peer };
}

test('a peer’s loss is told when it changes: up at once, and down over some reports', () => {
  const { report, told } = reports();
  report(0);
  report(0);
  expect(told).toEqual([0]);
  report(1);
  report(26);
  expect(told).toEqual([0, 1, 11]);
  for (let i = 0; i < 10; i++) report(0);
  expect(told.slice(3)).toEqual([8, 6, 4, 3, 2, 1, 0]);
  report(255);
  expect(told.at(-1)).toBe(100);
});

test('reports about other senders say nothing about ours', () => {
  const { report, told, sender } = reports();
  report(128, (sender.ssrc + 1) >>> 0);
  expect(told).toEqual([]);
});

test('another SSRC of ours keeps what was lost of the one before, and its numbers are its own', () => {
  const { report, counted, sender, send, peer } = reports();
  send(1000);
  const { ssrc: old } = sender;
  report(0, old, 0, 20_500);
  report(26, old, 40, 21_000);
  sender.changeSsrc();
  send(100);
  // On its way when ours changed, and of the old one still.
  report(26, old, 50, 21_100);
  expect(peer.report(48)).toMatchObject({ lost: 50, sent: 1000 });
  report(0, sender.ssrc, 0, 300);
  report(0, sender.ssrc, 3, 400);
  expect(peer.report(48)).toMatchObject({ lost: 53, sent: 1100 });
  report(255, old, 900, 21_200);
  expect(peer.report(48)).toMatchObject({ lost: 53, sent: 1100 });
  // Packets told of: the first report of each only says where its numbers are.
  expect(counted).toEqual([0, 500, 100, 0, 100]);
});

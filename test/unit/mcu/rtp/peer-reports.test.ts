import { expect, test } from 'vitest';
import { PeerReports } from '../../../../mcu/rtp/peer-reports.ts';
import { RtpSender } from '../../../../mcu/rtp/sender.ts';

const now = () => 0;

function reports() {
  const sender = new RtpSender(48_000, now);
  const told: number[] = [];
  const peer = new PeerReports({
    ...{ now, wallNow: now },
    sender: () => sender,
    onLoss: (percent) => told.push(percent),
  });
  const report = (fractionLost: number, ssrc = sender.ssrc) =>
    peer.onReception({
      ...{ ssrc, fractionLost, lost: 0 },
      ...{ extendedHighest: 1, jitter: 0, lastSr: 0, delaySinceLastSr: 0 },
    });
  return { report, told, sender };
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

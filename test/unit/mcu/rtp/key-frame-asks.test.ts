import { expect, test } from 'vitest';
import { KeyFrameAsks } from '../../../../mcu/rtp/key-frame-asks.ts';
import { allFeedback, noFeedback } from '../../../support/video-peer.ts';

function asking(feedback = allFeedback) {
  let nowMs = 0;
  const asked: [atMs: number, how: string][] = [];
  const asks = new KeyFrameAsks(
    () => nowMs,
    (how) => asked.push([nowMs, how]),
  );
  asks.configure(feedback);
  const pass = (ms: number) => {
    for (let i = 0; i < ms / 50; i++) {
      nowMs += 50;
      asks.tick();
    }
  };
  return { asks, asked, pass };
}

test('many wishes are one question, and one that came too soon is asked later', () => {
  const { asks, asked, pass } = asking();
  asks.want();
  asks.want();
  expect(asked).toEqual([[0, 'pli']]);
  pass(100);
  asks.answered();
  asks.want();
  pass(350);
  expect(asked).toHaveLength(1);
  pass(100);
  expect(asked).toEqual([
    [0, 'pli'],
    [500, 'pli'],
  ]);
});

test('a device that does not do as it is asked is asked in every way, less and less often', () => {
  const { asks, asked, pass } = asking();
  asks.want();
  pass(30_000);
  expect(asked.slice(0, 5).map(([, how]) => how)).toEqual(['pli', 'pli', 'fir', 'fir', 'signalling']);
  expect(asked.length).toBeLessThan(14);
  const gaps = asked.map(([at], i) => at - (asked[i - 1]?.[0] ?? 0)).slice(1);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(500);
  asks.answered();
  const { length } = asked;
  pass(10_000);
  expect(asked).toHaveLength(length);
});

test('without feedback signalling asks, once a second at most', () => {
  const { asks, asked, pass } = asking(noFeedback);
  asks.want();
  pass(500);
  asks.want();
  pass(400);
  expect(asked).toEqual([[0, 'signalling']]);
  pass(200);
  expect(asked).toHaveLength(2);
});

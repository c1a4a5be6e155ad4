import { describe, expect, it } from 'vitest';
import { Gaps } from '../../../../mcu/rtp/gaps.ts';

describe('packets of a video stream that are missing', () => {
  const after = (...sequences: number[]): Gaps => {
    const gaps = new Gaps();
    for (const sequence of sequences) gaps.arrived(sequence, 0);
    return gaps;
  };

  it('are none of a stream in order, over the wrap of its numbers too', () => {
    expect(after(65_534, 65_535, 0, 1).due(0)).toBeNull();
    expect(after(5, 5, 6, 4).due(0)).toBeNull();
  });

  it('are asked for at once, all together', () => {
    expect(after(65_533, 65_535, 2).due(0)).toEqual([65_534, 0, 1]);
  });

  it('are asked for again when a round trip has passed, as long as they are waited for', () => {
    const gaps = after(1, 3);
    const askedAt: number[] = [];
    for (let nowMs = 0; nowMs < 2000; nowMs += 10) if (gaps.due(nowMs) !== null) askedAt.push(nowMs);
    expect(askedAt).toEqual([0, 60, 120, 180]);
  });

  it('are not asked for when the answer would come too late', () => {
    const gaps = after(1, 3);
    expect(gaps.due(0)).toEqual([2]);
    expect(gaps.due(300)).toBeNull();
    expect(gaps.due(301)).toBeNull();
  });

  it('are missing no more when they come, late or sent again', () => {
    const gaps = after(1, 4);
    expect(gaps.due(0)).toEqual([2, 3]);
    gaps.arrived(2, 20);
    expect(gaps.due(100)).toEqual([3]);
    gaps.arrived(3, 120);
    expect(gaps.due(400)).toBeNull();
  });

  it('are asked for again the sooner, the sooner the SFU answers', () => {
    const gaps = after(0);
    for (let sequence = 2; sequence < 80; sequence += 2) {
      gaps.arrived(sequence, sequence * 100);
      expect(gaps.due(sequence * 100)).toEqual([sequence - 1]);
      gaps.arrived(sequence - 1, sequence * 100 + 4);
    }
    gaps.arrived(81, 10_000);
    expect(gaps.due(10_000)).toEqual([79, 80]);
    expect(gaps.due(10_016)).toEqual([79, 80]);
  });

  it('are asked for soon after the sequence has begun anew, far back or a little', () => {
    const far = after(30_000, 30_001, 5, 6, 8);
    expect(far.due(0)).toEqual([7]);
    const near = after(30_000);
    for (let sequence = 29_700; sequence < 29_780; sequence++) near.arrived(sequence, 0);
    near.arrived(29_782, 0);
    expect(near.due(0)).toEqual([29_780, 29_781]);
  });

  it('stay the same when single packets come from far back or twice', () => {
    const gaps = after(30_000, 30_002, 5, 30_003, 6, 30_004, 6, 30_004);
    expect(gaps.due(0)).toEqual([30_001]);
    const doubled = after(...Array.from({ length: 400 }, (_, i) => 20_000 + (i >> 1)));
    doubled.arrived(20_201, 0);
    expect(doubled.due(0)).toEqual([20_200]);
  });

  it('are too many to be repaired: only a key frame helps', () => {
    expect(after(1, 1000).due(0)).toBeNull();
    const gaps = after(1000);
    for (let i = 1; i < 10_000; i += 2) gaps.arrived((1000 + i * 2) & 0xffff, 0);
    expect(gaps.due(0)?.length ?? 0).toBeLessThanOrEqual(128);
  });
});

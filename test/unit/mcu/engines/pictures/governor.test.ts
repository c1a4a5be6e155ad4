import { describe, expect, it } from 'vitest';
import { isDue } from '../../../../../mcu/engines/embedded/pictures/beat.ts';
import { Governor } from '../../../../../mcu/engines/embedded/pictures/governor.ts';

/** Beats of a second, at the rate that the governor allows, each of which takes so long; returns the rates that it told. */
function machine() {
  const told: number[] = [];
  const governor = new Governor((fps) => told.push(fps));
  let nowMs = 0;
  return {
    governor,
    told,
    run: (seconds: number, tookMs: number) => {
      for (const endMs = nowMs + seconds * 1000; nowMs < endMs; nowMs += 1000 / governor.fps)
        governor.done(tookMs, nowMs);
    },
    miss: (seconds: number) => {
      for (const endMs = nowMs + seconds * 1000; nowMs < endMs; nowMs += 1000 / governor.fps)
        governor.missed(1, nowMs);
    },
  };
}

describe('frame rate under load', () => {
  it('stays at 30 while pictures are done in time', () => {
    const { governor, told, run } = machine();
    run(30, 20);
    expect(governor.fps).toBe(30);
    expect(told).toEqual([]);
  });

  it('goes down step by step while pictures take too long, and no further than they need', () => {
    const { governor, told, run } = machine();
    run(30, 60);
    expect(told).toEqual([20, 15]);
    expect(governor.fps).toBe(15);
  });

  it('ends at 10', () => {
    const { told, miss } = machine();
    miss(60);
    expect(told).toEqual([20, 15, 10]);
  });

  it('comes back when there is room again', () => {
    const { governor, told, run } = machine();
    run(10, 60);
    run(120, 15);
    expect(governor.fps).toBe(30);
    expect(told).toEqual([20, 15, 20, 30]);
  });

  it('comes back soon after a moment in which many things happened at once', () => {
    const { told, run } = machine();
    run(30, 15);
    run(0.5, 60);
    run(8, 15);
    expect(told).toEqual([20, 30]);
  });

  it('tries a rate that does not hold ever more rarely', () => {
    const { governor, told, run } = machine();
    // Room for 20 frames with a little to spare for 30, of which then too many come late.
    const timesRaised = (seconds: number) => {
      const before = told.length;
      for (let i = 0; i < seconds; i++) run(1, governor.fps === 30 ? 60 : 20);
      return told.slice(before).filter((fps) => fps === 30).length;
    };
    const [first, second, third] = [timesRaised(60), timesRaised(60), timesRaised(60)];
    expect(first).toBeGreaterThan(second);
    expect(second).toBeGreaterThanOrEqual(third);
    expect(third).toBeLessThanOrEqual(1);
  });

  it('does not try a rate for which pictures take too long', () => {
    const { told, run } = machine();
    run(10, 60);
    run(120, 40);
    expect(told).toEqual([20, 15]);
  });

  it('overlooks a picture now and then that takes long', () => {
    const { told, governor } = machine();
    for (let i = 0; i < 900; i++) governor.done(i % 15 === 0 ? 100 : 10, i * 33.3);
    expect(told).toEqual([]);
  });
});

describe('beats of slower feeds', () => {
  it.each([30, 25, 20, 15, 12.5, 10, 7])('%f frames a second', (fps) => {
    let frames = 0;
    for (let beat = 53_000_000_000; beat < 53_000_000_000 + 600; beat++) if (isDue(beat, fps)) frames++;
    expect(Math.abs(frames - fps * 20)).toBeLessThanOrEqual(1);
  });
});

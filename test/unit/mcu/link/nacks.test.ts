import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Nacks } from '../../../../mcu/link/nacks.ts';

describe('what the hidden link asks for again', () => {
  let asked: (readonly number[])[];
  let nacks: Nacks;

  beforeEach(() => {
    vi.useFakeTimers();
    asked = [];
    nacks = new Nacks((sequences) => asked.push(sequences));
  });
  afterEach(() => vi.useRealTimers());

  const arrive = (...sequences: number[]): void => {
    for (const sequence of sequences) nacks.arrived(sequence);
  };

  it('is nothing that was only overtaken', () => {
    arrive(65_534, 0, 65_535, 2, 3);
    vi.advanceTimersByTime(9);
    arrive(1);
    vi.advanceTimersByTime(1000);
    expect(asked).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is a burst of loss, in one question', () => {
    arrive(1, 3, 4, 6, 8);
    vi.advanceTimersByTime(9);
    expect(asked).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(asked).toEqual([[2, 5, 7]]);
  });

  it('is asked for again, also when nothing more comes, and in the end no more', () => {
    arrive(1, 3);
    vi.advanceTimersByTime(1000);
    expect(asked.length).toBeGreaterThan(1);
    for (const sequences of asked) expect(sequences).toEqual([2]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is nothing of a stream that is over', () => {
    arrive(1, 3);
    nacks.close();
    arrive(5);
    vi.advanceTimersByTime(1000);
    expect(asked).toEqual([]);
  });
});

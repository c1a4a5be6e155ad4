import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AnswerWatch, FlowWatch } from '../../../../mcu/link/media-watch.ts';

describe('what is sent and not answered', () => {
  /** Sends packets every so many ms; gives when it was found that none arrives, or null. */
  const send = (watch: AnswerWatch, everyMs: number, fromMs: number, untilMs: number): number | null => {
    for (let at = fromMs; at <= untilMs; at += everyMs) if (watch.sent(at)) return at;
    return null;
  };

  it('is noticed after five seconds', () => {
    const watch = new AnswerWatch({ seen: false });
    watch.answered();
    expect(send(watch, 20, 1000, 10_000)).toBe(6000);
  });

  it('is no fault while the SFU reports once a second', () => {
    const watch = new AnswerWatch({ seen: false });
    for (let second = 0; second < 60; second++) {
      watch.answered();
      expect(send(watch, 20, second * 1000, second * 1000 + 999)).toBeNull();
    }
  });

  it('is noticed before the first report, too, of an SFU that reports to others', () => {
    const reports = { seen: false };
    new AnswerWatch(reports).answered();
    expect(send(new AnswerWatch(reports), 20, 1000, 10_000)).toBe(6000);
  });

  it('is no fault in an SFU that never reports', () => {
    expect(send(new AnswerWatch({ seen: false }), 20, 0, 60_000)).toBeNull();
  });

  it('is not concluded from the few packets of a caller who is silent', () => {
    const watch = new AnswerWatch({ seen: false });
    watch.answered();
    expect(send(watch, 400, 0, 15_000)).toBeNull();
  });

  it('is counted anew after a pause that was answered', () => {
    const watch = new AnswerWatch({ seen: false });
    watch.answered();
    expect(send(watch, 20, 0, 4000)).toBeNull();
    watch.answered();
    expect(send(watch, 20, 60_000, 64_000)).toBeNull();
  });
});

describe('what was heard and comes no more', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  const watchOf = (): { watch: FlowWatch; there: Set<string>; stopped: () => number } => {
    const there = new Set(['a', 'b']);
    let count = 0;
    const watch = new FlowWatch(
      (sid) => there.has(sid),
      () => (count += 1),
    );
    return { watch, there, stopped: () => count };
  };

  it('is noticed within seven seconds, and once', () => {
    const { watch, stopped } = watchOf();
    watch.heard('a', false);
    vi.advanceTimersByTime(5000);
    expect(stopped()).toBe(0);
    vi.advanceTimersByTime(2000);
    expect(stopped()).toBe(1);
    vi.advanceTimersByTime(60_000);
    expect(stopped()).toBe(1);
    watch.close();
  });

  it('is no fault while anything comes', () => {
    const { watch, stopped } = watchOf();
    for (let second = 0; second < 60; second++) {
      watch.heard(second % 4 === 0 ? 'a' : 'b', false);
      vi.advanceTimersByTime(1000);
    }
    expect(stopped()).toBe(0);
    watch.close();
  });

  it('is no fault of a track that was muted, given up or taken away', () => {
    const { watch, there, stopped } = watchOf();
    watch.heard('a', false);
    there.delete('a');
    vi.advanceTimersByTime(60_000);
    expect(stopped()).toBe(0);
    watch.close();
  });

  it('is no fault of a picture, which may stand still', () => {
    const { watch, stopped } = watchOf();
    watch.heard('b', true);
    vi.advanceTimersByTime(60_000);
    expect(stopped()).toBe(0);
    // While pictures come the way is open.
    watch.heard('a', false);
    for (let second = 0; second < 60; second++) {
      watch.heard('b', true);
      vi.advanceTimersByTime(1000);
    }
    expect(stopped()).toBe(0);
    watch.close();
  });

  it('is nothing before anything was heard, nor after the end', () => {
    const { watch, stopped } = watchOf();
    vi.advanceTimersByTime(60_000);
    watch.heard('a', false);
    watch.close();
    vi.advanceTimersByTime(60_000);
    expect(stopped()).toBe(0);
  });
});

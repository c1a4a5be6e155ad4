import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Suspects } from '../../../../../mcu/engines/embedded/pictures/suspects.ts';
import { StateUnderTest } from './state-under-test.ts';

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'],
  });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a camera that ends the process', () => {
  const all = [1, 2, 3, 4];
  let suspects: Suspects;
  let out: Set<number>;
  beforeEach(() => {
    out = new Set();
    suspects = new Suspects({ onChange: (camera, isOut) => (isOut ? out.add(camera) : out.delete(camera)) });
  });
  afterEach(() => suspects.close());
  const within = () => all.filter((camera) => !out.has(camera));
  const dies = (...noted: number[]) => suspects.died(noted, within());
  const pass = (seconds: number) => vi.advanceTimersByTime(seconds * 1000);

  test('may do so once, and again after half a minute', () => {
    dies(2);
    expect(out).toEqual(new Set());
    pass(31);
    dies(2);
    expect(out).toEqual(new Set());
  });

  test('stays out when only its frames were at work twice', () => {
    dies(1, 2);
    pass(1);
    dies(2, 3);
    expect(out).toEqual(new Set([2]));
    expect(suspects.size).toBe(1);
  });

  test('is tried again after a minute, then after two, and forgotten when it is closed', () => {
    dies(2);
    dies(2);
    pass(59);
    expect(out).toEqual(new Set([2]));
    pass(1);
    expect(out).toEqual(new Set());
    dies(2, 3);
    expect(out).toEqual(new Set([2]));
    pass(119);
    expect(out).toEqual(new Set([2]));
    pass(1);
    expect(out).toEqual(new Set());
    pass(100);
    dies(2);
    dies(2);
    pass(239);
    expect(out).toEqual(new Set([2]));
    suspects.forget(2);
    expect(suspects.size).toBe(0);
  });

  test('is found among several that were at work, one after the other', () => {
    dies(1, 2, 3);
    dies(1, 2, 3);
    expect(out).toEqual(new Set([1, 2, 3]));
    pass(5.1);
    expect(out).toEqual(new Set([2, 3]));
    pass(5.1);
    expect(out).toEqual(new Set([3]));
    pass(1);
    dies(1, 2);
    expect(out).toEqual(new Set([3, 2]));
    pass(4);
    expect(out).toEqual(new Set([2]));
    pass(30);
    expect(out).toEqual(new Set([2]));
  });

  test('is found among all where it is not known what was at work', () => {
    for (let death = 0; death < 3; death++) dies();
    expect(out).toEqual(new Set(all));
    pass(5.1);
    expect(out).toEqual(new Set([2, 3, 4]));
    pass(5.1);
    dies();
    expect(out).toEqual(new Set([2, 3, 4]));
    pass(10);
    expect(out).toEqual(new Set([2]));
  });

  test('is not blamed for a death that its frames had no part in while it was tried', () => {
    dies(2);
    dies(2);
    pass(60);
    dies(3);
    expect(out).toEqual(new Set());
  });
});

test('a camera that is left out is in no process and on no picture, and comes back', () => {
  const under = new StateUnderTest();
  under.people('ada', 'bob');
  under.viewer(null);
  const opened = (name: string) =>
    under.process.of('openCamera').find(({ id }) => id === name)?.camera as number;
  const bob = opened('bob');
  const dies = () => {
    under.state.detach({ crashed: true, lastWords: [bob] });
    under.renew();
    under.settle();
  };
  dies();
  expect(under.process.of('openCamera')).toHaveLength(2);
  dies();
  expect(under.process.of('openCamera').map(({ id }) => id)).toEqual(['ada']);
  const tiles = () =>
    (under.process.of('setScene').at(-1)?.scene as { tiles: { camera: string | null; withheld: boolean }[] })
      .tiles;
  expect(tiles()).toMatchObject([
    { camera: 'ada', withheld: false },
    { camera: null, withheld: true },
  ]);
  expect(under.lines).toMatchObject([{ level: 'error', facts: { camera: 'bob', room: 'r' } }]);
  const before = under.sent.length;
  under.cameras.get('bob')?.write(Buffer.alloc(100));
  expect(under.sent).toHaveLength(before);
  vi.advanceTimersByTime(60_000);
  under.settle();
  expect(under.process.of('openCamera').map(({ id }) => id)).toEqual(['ada', 'bob']);
  expect(tiles()).toMatchObject([{ camera: 'ada' }, { camera: 'bob', withheld: false }]);
  under.state.close();
});

test('a process that somebody killed makes nobody suspect', () => {
  const under = new StateUnderTest();
  under.people('ada');
  under.viewer(null);
  const ada = under.process.of('openCamera')[0].camera as number;
  for (let kill = 0; kill < 5; kill++) {
    under.state.detach({ crashed: false, lastWords: [ada] });
    under.renew();
  }
  expect(under.process.of('openCamera')).toHaveLength(1);
  under.state.close();
});

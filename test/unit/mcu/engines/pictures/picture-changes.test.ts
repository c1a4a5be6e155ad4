import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StateUnderTest, hd } from './state-under-test.ts';

describe('a change of what somebody sees', () => {
  let under: StateUnderTest;
  beforeEach(() => {
    // Immediates are not faked: they come after all timers that are due, as in a process.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    under = new StateUnderTest();
  });
  afterEach(() => {
    under.state.close();
    vi.useRealTimers();
  });
  const planned = () => new Promise((resolve) => setImmediate(resolve));

  it('is not shown to those who only wait for the key frame of another feed', async () => {
    under.people('ada', 'bob', 'eve');
    const goes = under.viewer(null);
    const stays = under.viewer(null);
    await planned();
    const [{ feed }] = under.process.of('openFeed');
    under.packet(feed, 'k', { keyFrame: true });
    goes.setLayout('lecture', 'auto');
    await planned();
    expect(under.process.of('openFeed')).toHaveLength(2);
    const before = under.process.of('setScene').length;
    stays.show({ title: 'Please enter your PIN', lines: [], digits: 3 });
    await planned();
    // The one who goes still sees the old feed: what it shows may not change.
    const [told] = under.process.of('setScene').slice(before);
    const pictures = under.process.of('openFeed').map(({ picture }) => picture);
    expect(pictures.slice(0, 2)).not.toContain(told.picture);
    expect(under.process.of('openFeed')).toHaveLength(3);
  });

  it('goes on with the encoder again once everybody is where they belong', async () => {
    under.people('ada', 'bob', 'eve');
    const goes = under.viewer(null);
    const stays = under.viewer(null);
    await planned();
    const [{ feed, picture }] = under.process.of('openFeed');
    under.packet(feed, 'k', { keyFrame: true });
    goes.setLayout('lecture', 'auto');
    await planned();
    under.packet(under.process.of('openFeed')[1].feed, 'k', { keyFrame: true });
    stays.show({ title: 'Please enter your PIN', lines: [], digits: 3 });
    await planned();
    expect(under.process.of('setScene').at(-1)?.picture).toBe(picture);
    expect(under.process.of('openFeed')).toHaveLength(2);
  });

  it('is not forgotten with a room that was empty for a minute until this moment', async () => {
    under.people('ada');
    under.cameras.get('ada')?.close();
    under.cameras.clear();
    await planned();
    vi.advanceTimersByTime(59_999);
    const viewer = under.state.openViewer({ id: 'v', seat: 'v', profile: hd });
    under.people('bob');
    viewer.watch('r', null);
    // The minute is over before what is new is looked at.
    vi.advanceTimersByTime(1);
    await planned();
    expect(under.process.of('setScene').at(-1)).toMatchObject({ scene: { tiles: [{ camera: 'bob' }] } });
  });
});

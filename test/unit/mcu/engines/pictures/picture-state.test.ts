import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backBit } from '../../../../../mcu/engines/embedded/pictures/protocol.ts';
import type { FeedProfile, PictureSize } from '../../../../../mcu/ports.ts';
import { newRtpPacket, readUint32 } from '../../../../../mcu/rtp/packet.ts';
import { FakeChannel, StateUnderTest, hd } from './state-under-test.ts';

describe('what the node wants of the picture process', () => {
  let under: StateUnderTest;
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'],
    });
    under = new StateUnderTest();
  });
  afterEach(() => {
    under.state.close();
    vi.useRealTimers();
  });
  const settle = () => under.settle();
  const people = (...names: string[]) => under.people(...names);
  const viewer = (...of: Parameters<StateUnderTest['viewer']>) => under.viewer(...of);
  const packet = (...made: Parameters<StateUnderTest['packet']>) => under.packet(...made);

  const feeds = () => under.process.of('openFeed').length - under.process.of('closeFeed').length;
  const camerasOn = (index: number) => {
    const scene = under.process.of('setScene')[index].scene as { tiles: { camera: string }[] };
    return scene.tiles.map(({ camera }) => camera).sort();
  };

  it('makes one feed for all who want the same', () => {
    people('ada', 'bob', 'eve');
    const first = viewer(null);
    const second = viewer(null);
    expect(under.process.of('openFeed')).toHaveLength(1);
    const [{ feed }] = under.process.of('openFeed');
    packet(feed, 'k', { keyFrame: true });
    packet(feed, 'd');
    expect(first.got).toEqual([
      ['k', true],
      ['d', false],
    ]);
    expect(second.got).toEqual(first.got);
    first.close();
    settle();
    expect(feeds()).toBe(1);
    second.close();
    settle();
    expect(feeds()).toBe(0);
    expect(under.process.of('closePicture')).toHaveLength(1);
  });

  it('gives nothing before a key frame, nor from its middle on', () => {
    people('ada');
    const one = viewer(null);
    const [{ feed }] = under.process.of('openFeed');
    packet(feed, 'delta');
    packet(feed, 'key 1', { keyFrame: true, marker: false });
    packet(feed, 'key 2', { keyFrame: true });
    const late = viewer(null);
    packet(feed, 'next 1', { keyFrame: true, marker: false });
    expect(one.got.map(([text]) => text)).toEqual(['key 1', 'key 2', 'next 1']);
    expect(late.got.map(([text]) => text)).toEqual(['next 1']);
  });

  it('leaves viewers out of their pictures while that is cheap, and always among two', () => {
    people('ada', 'bob', 'eve', 'kim', 'lee', 'max');
    for (const name of ['ada', 'bob']) viewer(name);
    expect(feeds()).toBe(2);
    expect(camerasOn(0)).not.toContain('ada');
    viewer('eve');
    settle();
    vi.advanceTimersByTime(1000);
    const open = new Set(under.process.of('openFeed').map(({ feed }) => feed));
    for (const { feed } of under.process.of('closeFeed')) open.delete(feed);
    // Those who see everybody now go on with their old feed until its key frame is there.
    for (const feed of open) packet(feed, 'k', { keyFrame: true });
    expect(feeds()).toBe(1);
  });

  it('goes on with the same encoder when all who see a picture see another one', () => {
    people('ada', 'bob', 'eve');
    const one = viewer('ada');
    const before = under.process.of('setScene').length;
    one.setLayout('speaker', 'shown');
    settle();
    one.show({ title: 'PIN', lines: [], digits: 2 });
    settle();
    one.setBanner('muted');
    settle();
    expect(under.process.of('setScene').length).toBe(before + 3);
    expect(new Set(under.process.of('setScene').map(({ picture }) => picture)).size).toBe(1);
    expect(under.process.of('openFeed')).toHaveLength(1);
  });

  it('changes over to another feed with its key frame, without a gap', () => {
    people('ada', 'bob', 'eve');
    const stays = viewer(null);
    const goes = viewer(null);
    const [{ feed: old }] = under.process.of('openFeed');
    packet(old, 'k', { keyFrame: true });
    goes.setLayout('lecture', 'auto');
    settle();
    const { feed } = under.process.of('openFeed')[1];
    packet(old, 'old');
    packet(feed, 'new, not yet');
    packet(feed, 'new', { keyFrame: true });
    packet(old, 'older');
    expect(goes.got.map(([text]) => text)).toEqual(['k', 'old', 'new']);
    expect(stays.got.map(([text]) => text)).toEqual(['k', 'old', 'older']);
  });

  it('asks for a key frame at most twice a second, and forgets none', () => {
    people('ada');
    const one = viewer(null);
    vi.advanceTimersByTime(1000);
    for (let i = 0; i < 5; i++) one.requestKeyFrame();
    expect(under.process.of('requestKeyFrame')).toHaveLength(1);
    vi.advanceTimersByTime(499);
    expect(under.process.of('requestKeyFrame')).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(under.process.of('requestKeyFrame')).toHaveLength(2);
    vi.advanceTimersByTime(5000);
    expect(under.process.of('requestKeyFrame')).toHaveLength(2);
  });

  it('sends at the lowest rate of those who share a feed', () => {
    people('ada');
    const one = viewer(null);
    const other = viewer(null);
    one.limitBitrate(1_300_000);
    other.limitBitrate(1_250_000);
    settle();
    expect(under.process.of('setFeedBitrate').map(({ bitrate }) => bitrate)).toEqual([1_300_000, 1_250_000]);
    other.close();
    settle();
    expect(under.process.of('setFeedBitrate').at(-1)?.bitrate).toBe(1_300_000);
    expect(under.process.of('openFeed')).toHaveLength(1);
  });

  it('moves a viewer far below the others to a smaller picture, and back only when it is sure to hold', () => {
    people('ada');
    viewer(null);
    const slow = viewer(null);
    const [{ feed }] = under.process.of('openFeed');
    packet(feed, 'k', { keyFrame: true });
    slow.limitBitrate(400_000);
    settle();
    const lower = under.process.of('openFeed')[1].profile as FeedProfile;
    expect(lower.width).toBeLessThan(hd.width);
    packet(under.process.of('openFeed')[1].feed, 'k', { keyFrame: true });
    expect(under.process.of('setFeedBitrate').at(-1)?.bitrate).toBe(hd.bitrate);
    slow.limitBitrate(1_300_000);
    settle();
    expect((under.process.of('openFeed').at(-1)?.profile as FeedProfile).height).toBeLessThan(hd.height);
    slow.limitBitrate(2_000_000);
    settle();
    expect(slow.got).toHaveLength(2);
    packet(feed, 'k', { keyFrame: true });
    expect(slow.got).toHaveLength(3);
  });

  it('knows a room before anybody sees it', () => {
    people('ada', 'bob');
    for (const camera of under.cameras.values()) camera.close();
    under.cameras.clear();
    vi.advanceTimersByTime(10_000);
    viewer(null);
    expect(under.process.of('setScene')).toMatchObject([
      { scene: { tiles: [{ name: 'ada' }, { name: 'bob' }] } },
    ]);
  });

  it('tells cameras how large they are shown at most', () => {
    const sizes: (PictureSize | null)[] = [];
    people('ada', 'bob', 'eve', 'kim');
    const ada = under.cameras.get('ada');
    if (ada) ada.onShown = (size) => sizes.push(size);
    const one = viewer(null, { ...hd, width: 640, height: 360 });
    const large = viewer(null);
    one.close();
    large.close();
    settle();
    expect(sizes.map((size) => size && size.width > 500)).toEqual([false, true, null]);
  });

  it('sends the packets of cameras that are seen or wanted back, streams apart', () => {
    people('ada');
    const ada = under.cameras.get('ada');
    const rtp = (ssrc: number) => newRtpPacket(10, 96, ssrc);
    ada?.write(rtp(7));
    expect(under.sent).toEqual([]);
    viewer(null);
    for (const ssrc of [7, 8, 7, 9]) ada?.write(rtp(ssrc));
    const [a, b, c, d] = under.sent.map((packet) => readUint32(packet, 8));
    expect(a).toBe(c);
    expect(new Set([a, b, d]).size).toBe(3);
    expect(Math.max(a, b, d)).toBeLessThan(backBit);
  });

  it('fills a new process with all that it has to know', async () => {
    people('ada', 'bob', 'eve');
    const one = viewer('ada');
    one.limitBitrate(1_300_000);
    under.cameras.get('bob')?.setPictureBack('H264');
    const [{ feed }] = under.process.of('openFeed');
    packet(feed, 'k', { keyFrame: true });
    await one.figures();
    under.state.detach({ crashed: true, lastWords: [] });
    one.setBanner('while it was away');
    settle();
    const next = new FakeChannel();
    under.state.attach(next.channel);
    expect(next.of('openCamera').map(({ id }) => id)).toEqual(['ada', 'bob', 'eve']);
    expect(next.of('setPictureBack')).toEqual([{ camera: expect.any(Number) as number, codec: 'H264' }]);
    expect(next.of('setScene')).toMatchObject([{ scene: { banner: 'while it was away' } }]);
    expect(next.of('openFeed')).toMatchObject([{ feed, bitrate: 1_300_000 }]);
    // What continues the dead process's stream is not for a decoder.
    packet(feed, 'late');
    packet(feed, 'again', { keyFrame: true });
    expect(one.got.map(([text]) => text)).toEqual(['k', 'again']);
    expect((await one.figures()).framesSent).toBe(10);
  });
});

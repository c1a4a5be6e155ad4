import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PublishedCamera } from '../../../../mcu/link/published-camera.ts';
import { newRtpView, parseRtp } from '../../../../mcu/rtp/packet.ts';
import { buildFir, buildNack, buildPli } from '../../../../mcu/video/rtcp-feedback.ts';
import { packetsOf, madeFrame } from '../../../support/made-video.ts';

const packet = (sequence: number, timestamp: number, ssrc = 7): Buffer => {
  const stream = { ssrc, firstSequence: sequence, firstTimestamp: timestamp };
  return packetsOf({ codec: 'H264', packetizationMode: 1 }, [madeFrame('H264', false, 100)], stream)[0][0];
};

const camera = () => {
  const sent: Buffer[] = [];
  const said: string[] = [];
  const published = new PublishedCamera(
    {
      codec: 'H264',
      trackName: 'camera',
      width: 1280,
      height: 720,
      onKeyFrameWanted: () => said.push('key frame'),
      onMuted: (muted) => said.push(`muted ${muted}`),
    },
    () => Promise.resolve(void said.push('closed')),
  );
  const outlet = {
    sendCamera: (out: Buffer) => void sent.push(Buffer.from(out)),
    tellMuted: () => void said.push(`tell muted ${published.muted}`),
    tellSize: () => void said.push(`tell ${published.size.width} × ${published.size.height}`),
  };
  published.use(outlet, 4);
  const rtp = () => {
    const view = newRtpView();
    return sent.flatMap((out) => (out[1] === 200 || !parseRtp(out, view) ? [] : [{ ...view }]));
  };
  return { published, sent, said, rtp, outlet };
};

describe('a caller’s camera in the room', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['performance', 'Date'] }));
  afterEach(() => vi.useRealTimers());

  it('is one stream of its own SSRC and type, with the numbers of the device', () => {
    const { published, rtp } = camera();
    published.write(packet(65_535, 9000));
    published.write(packet(0, 12_000));
    expect(rtp().map(({ sequence, timestamp }) => [sequence, timestamp])).toEqual([
      [65_535, 9000],
      [0, 12_000],
    ]);
    for (const { ssrc, payloadType, marker } of rtp())
      expect([ssrc, payloadType, marker]).toEqual([published.ssrc, 102, true]);
  });

  it('goes on without a gap when another source takes over, by the time that passed', () => {
    const { published, rtp, outlet } = camera();
    published.write(packet(100, 9000));
    vi.advanceTimersByTime(40);
    published.write(packet(5000, 4_000_000_000, 8));
    published.use(outlet, 0);
    published.write(packet(5001, 4_000_003_000, 8));
    expect(rtp().map(({ sequence, timestamp }) => [sequence, timestamp])).toEqual([
      [100, 9000],
      [101, 12_600],
      [102, 15_600],
    ]);
  });

  it('reports the wall clock of its timestamps, once a second and to each new session at once', () => {
    const { published, sent, outlet } = camera();
    vi.setSystemTime(1_700_000_000_500);
    const reports = (): Buffer[] => sent.filter((out) => out[1] === 200);
    for (let i = 0; i < 26; i++) {
      published.write(packet(i, i * 3600));
      vi.advanceTimersByTime(40);
    }
    expect(reports().map((report) => report.readUInt32BE(16))).toEqual([0, 90_000]);
    expect(reports()[0].readUInt32BE(4)).toBe(published.ssrc);
    expect(reports()[0].readUInt32BE(8)).toBe(1_700_000_000 + 2_208_988_800);
    expect(reports()[0].readUInt32BE(12)).toBe(2 ** 31);
    published.use(outlet, 4);
    published.write(packet(26, 93_600));
    expect(reports()).toHaveLength(3);
  });

  it('passes on that the SFU wants a key frame of it, and of no other', () => {
    const { published, said } = camera();
    published.hearFeedback(Buffer.concat([buildPli(1, published.ssrc), buildFir(1, published.ssrc, 3)]));
    published.hearFeedback(buildPli(1, published.ssrc ^ 1));
    published.hearFeedback(Buffer.from('81ce0002', 'hex'));
    expect(said).toEqual(['key frame', 'key frame']);
  });

  it('sends again what the SFU missed, as it was, as far as it is kept', () => {
    const { published, sent } = camera();
    for (let i = 0; i < 600; i++) published.write(packet(i, i * 3000));
    const before = sent.filter((out) => out[1] !== 200);
    sent.length = 0;
    published.hearFeedback(buildNack(1, published.ssrc, [10, 300, 599, 700]));
    published.hearFeedback(buildNack(1, published.ssrc ^ 1, [301]));
    expect(sent).toEqual([before[300], before[599]]);
  });

  it('lets late packets keep their places: no newer one is lost for them, and none begins behind them', () => {
    const { published, sent, rtp } = camera();
    for (let i = 0; i < 600; i++) published.write(packet(i, i * 3000));
    published.write(packet(598, 598 * 3000));
    published.write(packet(599 - 512, 0));
    sent.length = 0;
    // Another source goes on behind the newest one.
    vi.advanceTimersByTime(40);
    published.write(packet(20_000, 5, 8));
    expect(rtp().map(({ sequence, timestamp }) => [sequence, timestamp])).toEqual([[600, 599 * 3000 + 3600]]);
    sent.length = 0;
    published.hearFeedback(buildNack(1, published.ssrc, [598, 599]));
    expect(rtp().map(({ sequence }) => sequence)).toEqual([598, 599]);
  });

  it('sends an SFU that asks for everything half as much on top, not more', () => {
    const { published, sent } = camera();
    const media = () => sent.filter((out) => out[1] !== 200).length;
    const count = 3000;
    for (let i = 0; i < count; i++) {
      published.write(packet(i, i * 3000));
      vi.advanceTimersByTime(4);
      const latest = Array.from({ length: 200 }, (_, back) => i - back).filter((sequence) => sequence >= 0);
      published.hearFeedback(buildNack(1, published.ssrc, latest.reverse()));
    }
    expect(media()).toBeGreaterThan(count);
    expect(media()).toBeLessThan(1.5 * count + 200);
  });

  it('sends nothing while it is muted or there is no session', () => {
    const { published, sent, said, outlet } = camera();
    published.setMuted(true);
    published.setMuted(true);
    published.write(packet(1, 1));
    published.setMuted(false);
    published.mutedByHost(true);
    published.mutedByHost(true);
    published.write(packet(2, 2));
    published.setMuted(false);
    published.use(null);
    published.write(packet(3, 3));
    expect(sent).toEqual([]);
    expect(said).toEqual(['tell muted true', 'tell muted false', 'muted true', 'tell muted false']);
    published.use(outlet);
    published.write(packet(4, 4));
    expect(sent.length).toBeGreaterThan(0);
  });

  it('tells a size that is another one', () => {
    const { published, said } = camera();
    published.setSize({ width: 1280, height: 720 });
    published.setSize({ width: 640, height: 360 });
    expect(published.size).toEqual({ width: 640, height: 360 });
    expect(said).toEqual(['tell 640 × 360']);
  });

  it('is silent once it is closed', async () => {
    const { published, sent, said } = camera();
    await published.close();
    published.write(packet(1, 1));
    expect([sent, said]).toEqual([[], ['closed']]);
  });
});

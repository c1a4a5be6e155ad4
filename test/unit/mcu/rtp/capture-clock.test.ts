import { beforeEach, describe, expect, it } from 'vitest';
import { DeviceClock } from '../../../../mcu/rtp/capture-clock.ts';
import type { CaptureClock } from '../../../../mcu/rtp/capture-clock.ts';

/** The device's clock counts from elsewhere. */
const epochMs = 3_900_000_000_000;
const startMs = 1_800_000_000_000;
const [soundSsrc, videoSsrc] = [1, 2];
/** Random offsets (RFC 3550 §5.1), one about to wrap. */
const [soundBase, videoBase] = [77, 0xffff_f000];

let sound: CaptureClock;
let video: CaptureClock;
beforeEach(() => {
  const device = new DeviceClock();
  sound = device.stream();
  video = device.stream();
  sound.restart(soundSsrc, 8);
  video.restart(videoSsrc, 90);
});

const soundAt = (ms: number) => (soundBase + ms * 8) >>> 0;
const videoAt = (ms: number) => (videoBase + ms * 90) >>> 0;
const reports = (ms: number, skewMs = 0): void => {
  sound.reported(soundSsrc, epochMs + ms, soundAt(ms));
  video.reported(videoSsrc, epochMs + ms + skewMs, videoAt(ms));
};
/** What was taken in at `ms` comes after the network's time; a picture after its encoder's too. */
const soundComes = (ms: number, afterMs = 30) => sound.capturedMs(soundAt(ms), startMs + ms + afterMs);
const videoComes = (ms: number, afterMs = 180) => video.capturedMs(videoAt(ms), startMs + ms + afterMs);

describe('when what a device sends was taken in', () => {
  it('is when it came, while the device tells nothing of its clock, or not of both', () => {
    expect([soundComes(0), videoComes(0)]).toEqual([startMs + 30, startMs + 180]);
    sound.reported(soundSsrc, epochMs, soundAt(0));
    expect([soundComes(20), videoComes(33)]).toEqual([startMs + 50, startMs + 213]);
    video.reported(videoSsrc + 1, epochMs, videoAt(0));
    expect(videoComes(66)).toBe(startMs + 246);
  });

  it('is what the device says, however much later its pictures come than its sound', () => {
    reports(0);
    soundComes(0);
    videoComes(0);
    expect([soundComes(1000), videoComes(1000)]).toEqual([startMs + 1030, startMs + 1030]);
    // Jitter moves neither.
    expect([soundComes(1020, 75), videoComes(1020, 300)]).toEqual([startMs + 1050, startMs + 1050]);
    // Past the wrap of the video's timestamps, and by the next report.
    reports(4000);
    expect([soundComes(5000), videoComes(5000)]).toEqual([startMs + 5030, startMs + 5030]);
  });

  it('follows two clocks that drift apart, and one that is set', () => {
    reports(0);
    for (let ms = 0; ms < 60_000; ms += 20) {
      // The device's clock is slow by 2 ms a second.
      soundComes(ms, 30 + ms / 500);
      videoComes(ms, 180 + ms / 500);
    }
    const behindMs = startMs + 60_000 + 150 - soundComes(60_000, 150);
    expect(behindMs).toBeGreaterThanOrEqual(0);
    expect(behindMs).toBeLessThan(50);
    expect(videoComes(60_000, 300)).toBe(soundComes(60_000, 150));
    reports(61_000, 0);
    sound.reported(soundSsrc, epochMs + 500_000, soundAt(61_000));
    video.reported(videoSsrc, epochMs + 500_000, videoAt(61_000));
    soundComes(61_020);
    videoComes(61_020);
    expect([soundComes(61_040), videoComes(61_040)]).toEqual([startMs + 61_070, startMs + 61_070]);
  });

  it('is when it came from devices that have a clock for each stream, or garbage', () => {
    reports(0, 3_600_000);
    soundComes(0);
    videoComes(0);
    expect([soundComes(20), videoComes(33)]).toEqual([startMs + 50, startMs + 213]);
    reports(100, -1e12);
    expect([soundComes(120), videoComes(133)]).toEqual([startMs + 150, startMs + 313]);
  });

  it('is not known of another source before it reports', () => {
    reports(0);
    soundComes(0);
    videoComes(0);
    video.restart(9, 90);
    expect(video.capturedMs(5, startMs + 500)).toBe(startMs + 500);
    video.reported(9, epochMs + 400, 5);
    video.capturedMs(5, startMs + 580);
    expect(video.capturedMs(5 + 90 * 100, startMs + 680)).toBe(startMs + 500 + 30);
  });

  it('is known of what an engine makes of it, by when that came', () => {
    expect(sound.capturedOf(startMs + 5)).toBe(startMs + 5);
    reports(0);
    soundComes(0, 200);
    videoComes(0, 90);
    // The sound comes 110 ms later than by the pictures it should: it was taken in so much earlier.
    expect(sound.capturedOf(startMs + 1000)).toBe(startMs + 890);
    expect(video.capturedOf(startMs + 1000)).toBe(startMs + 1000);
  });
});

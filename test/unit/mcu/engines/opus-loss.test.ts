/** Speech in Opus over a network that loses packets: what in-band FEC and Opus's own concealment make of it. */
import { readFileSync } from 'node:fs';
import { Encoder } from '@evan/opus';
import { beforeAll, describe, expect, test } from 'vitest';
import { OpusDecoder } from '../../../../mcu/codecs/opus.ts';
import { createResampler } from '../../../../mcu/codecs/resampler.ts';
import { readWav } from '../../../../mcu/prompts/wav.ts';
import { joinSamples, levelDb, tone, toneDb } from '../../../support/audio.ts';
import { gaps, largestStep, likeness, playOver } from '../../../support/network-path.ts';
import type { PathOptions } from '../../../support/network-path.ts';

const rateHz = 48_000;

/** A browser's way to send speech. */
function sender(inbandFec: boolean): (samples: Int16Array) => Buffer {
  const encoder = new Encoder({ channels: 1, sample_rate: rateHz, application: 'voip' });
  encoder.bitrate = 32_000;
  encoder.inband_fec = inbandFec;
  encoder.packet_loss = inbandFec ? 10 : 0;
  return (samples) => Buffer.from(encoder.encode(samples));
}

function resampled(sound: Int16Array, fromHz: 8000 | 48000, toHz: 8000 | 48000): Int16Array {
  const out = new Int16Array((sound.length * toHz) / fromHz);
  createResampler(fromHz, toHz, sound.length).process(sound, sound.length, out, 0);
  return out;
}

function play(sound: Int16Array, inbandFec: boolean, path: Partial<PathOptions> = {}) {
  const decoder = new OpusDecoder();
  const played = playOver({ sound, rateHz, ...path, coder: { encode: sender(inbandFec), decoder } });
  decoder.close();
  return played;
}

describe('speech', () => {
  let said: Int16Array;
  let wide: Int16Array;
  beforeAll(() => {
    const once = readWav(readFileSync('test/fixtures/speech/phone.wav'), 'phone.wav').samples;
    said = joinSamples([once, once]);
    wide = resampled(said, 8000, rateHz);
  });

  /** Share that is lost, FEC, least likeness, most new gaps of 15 ms, most of the loss that is made up. */
  test.each([
    [0, false, 0.94, 0, 0],
    [0.01, false, 0.94, 1, 1],
    [0.01, true, 0.945, 1, 0.6],
    [0.05, false, 0.905, 6, 1],
    [0.05, true, 0.94, 2, 0.6],
    [0.1, false, 0.875, 11, 1],
    [0.1, true, 0.925, 3, 0.6],
  ])('loss %d, FEC %s', (share, inbandFec, leastLikeness, newGaps, madeUp) => {
    const { sound, stats } = play(wide, inbandFec, {
      network: (_, random) => (random() < share ? null : 30),
    });
    const heard = resampled(sound, rateHz, 8000);
    expect(likeness(said, heard, 8000, 150, 150)).toBeGreaterThan(leastLikeness);
    expect(gaps(heard, 8000, 15) - gaps(said, 8000, 15)).toBeLessThanOrEqual(newGaps);
    expect(Math.abs(levelDb(heard.subarray(0, said.length)) - levelDb(said))).toBeLessThan(0.9);
    expect(largestStep(heard)).toBeLessThanOrEqual(largestStep(said) * 1.3);
    expect(stats.concealedMs).toBeLessThanOrEqual(stats.lost * 20 * madeUp);
    // Each lost packet is either made up or recovered, once.
    expect(Math.abs(stats.concealedMs + stats.recoveredMs - stats.lost * 20)).toBeLessThanOrEqual(
      stats.lost * 2,
    );
    expect(stats.lateLost).toBe(0);
  });
});

describe('a tone', () => {
  const hz = 440;
  const sound = tone(hz, 8000, rateHz * 6, 0, rateHz);
  const spokenDb = 20 * Math.log10(8000 / 32_768);

  test.each([false, true])('one packet in ten is lost, FEC %s: neither gap nor click', (inbandFec) => {
    const { sound: heard, stats } = play(sound, inbandFec, {
      network: ({ index }) => (index % 10 === 5 ? null : 30),
    });
    const middle = heard.subarray(rateHz, rateHz * 5);
    expect(stats.lost).toBe(30);
    expect(gaps(middle, rateHz, 5)).toBe(0);
    expect(largestStep(middle)).toBeLessThan(1000);
    expect(Math.abs(toneDb(middle.subarray(0, rateHz), hz, rateHz) - spokenDb)).toBeLessThan(2);
  });

  test('a packet that comes after it was recovered is not heard twice', () => {
    const { sound: heard, stats } = play(sound, true, {
      network: ({ index }) => (index % 50 === 25 ? 95 : 30),
      longestDelayMs: 40,
    });
    expect(stats).toMatchObject({ lost: 6, lateLost: 6 });
    expect(stats.recoveredMs).toBeGreaterThan(0);
    expect(largestStep(heard)).toBeLessThan(1000);
  });

  test('when nothing more comes it fades away, and what comes then begins softly', () => {
    const { sound: heard } = play(sound, true, {
      network: ({ index }) => (index >= 100 && index < 150 ? null : 30),
    });
    const stopped = 2.05 * rateHz;
    expect(levelDb(heard.subarray(stopped, stopped + rateHz / 50))).toBeGreaterThan(-30);
    const silent = heard.subarray(stopped + 0.16 * rateHz, stopped + 0.8 * rateHz);
    expect(levelDb(silent)).toBe(-Infinity);
    expect(largestStep(heard)).toBeLessThan(1200);
  });
});

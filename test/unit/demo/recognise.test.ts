import { describe, expect, it } from 'vitest';
import { correlate } from '../../demo/correlate.ts';
import { speeches } from '../../demo/call.ts';
import { isAbsent, isRecognised, recognise } from '../../demo/recognise.ts';
import { PHONE_RATE_HZ, activeSpeechDb, resample } from '../../demo/sound.ts';
import { decodeLaw, encodeLaw, findSound, tone, toneDb } from '../../support/audio.ts';

const { ada, phone } = speeches();

/** Seconds of next to nothing with the speech somewhere in it, as a telephone line brings it. */
function lineWith(speech: Int16Array, atSeconds: number): Int16Array {
  const line = Int16Array.from({ length: 14 * PHONE_RATE_HZ }, (_, i) => (i % 7) - 3);
  line.set(decodeLaw('PCMU', encodeLaw('PCMU', speech)), atSeconds * PHONE_RATE_HZ);
  return line;
}

describe('recognising speech', () => {
  it('finds a sentence where it was said, and not the other one by the same voice', () => {
    const line = lineWith(ada, 4);
    const right = recognise(line, ada, PHONE_RATE_HZ);
    expect(isRecognised(right)).toBe(true);
    expect(right.atSeconds).toBeCloseTo(4, 2);
    const wrong = recognise(line, phone, PHONE_RATE_HZ);
    expect(isRecognised(wrong)).toBe(false);
    expect(isAbsent(wrong)).toBe(true);
  });

  it('still knows it when a packet was lost on the way and all behind it came early', () => {
    const cut = 3 * PHONE_RATE_HZ;
    const slipped = Int16Array.from([...ada.subarray(0, cut), ...ada.subarray(cut + 160)]);
    expect(isRecognised(recognise(lineWith(slipped, 2), ada, PHONE_RATE_HZ))).toBe(true);
  });

  it('does not take half a sentence for the whole', () => {
    const half = ada.subarray(0, ada.length / 2);
    const line = recognise(lineWith(half, 2), ada, PHONE_RATE_HZ);
    expect(isRecognised(line)).toBe(false);
    expect(isAbsent(line)).toBe(false);
  });

  it('hears nothing in silence', () => {
    const nothing = recognise(new Int16Array(5 * PHONE_RATE_HZ), ada, PHONE_RATE_HZ);
    expect(nothing).toMatchObject({ correlation: 0, inPlace: 0 });
  });

  it('correlates as the sum over all places does', () => {
    const haystack = ada.subarray(2000, 7000);
    const needle = phone.subarray(4000, 4700);
    const [fast, slow] = [correlate(haystack, needle), findSound(haystack, needle)];
    expect(fast.at).toBe(slow.at);
    expect(fast.correlation).toBeCloseTo(slow.correlation, 6);
  });
});

describe('measuring sound', () => {
  it('brings a tone to another rate and leaves its level alone', () => {
    const wide = { samples: tone(1000, 8000, 48_000, 0, 48_000), rateHz: 48_000 };
    const narrow = resample(wide, PHONE_RATE_HZ);
    expect(narrow).toHaveLength(PHONE_RATE_HZ);
    expect(toneDb(narrow, 1000)).toBeCloseTo(toneDb(wide.samples, 1000, 48_000), 1);
  });

  it('keeps what a telephone cannot carry out of it', () => {
    const hiss = { samples: tone(7000, 8000, 48_000, 0, 48_000), rateHz: 48_000 };
    expect(toneDb(resample(hiss, PHONE_RATE_HZ), 1000)).toBeLessThan(-60);
  });

  it('measures speech without its pauses', () => {
    const both = new Int16Array(ada.length * 2);
    both.set(ada);
    expect(activeSpeechDb(both, PHONE_RATE_HZ)).toBeCloseTo(activeSpeechDb(ada, PHONE_RATE_HZ), 3);
  });
});

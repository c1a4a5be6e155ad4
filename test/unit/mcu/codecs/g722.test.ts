import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { G722Decoder, G722Encoder } from '../../../../mcu/codecs/g722.ts';
import { readWav } from '../../../../mcu/prompts/wav.ts';
import { joinSamples, tone, toneDb } from '../../../support/audio.ts';
import { describeWith } from '../../../support/needs.ts';

function encode(samples: Int16Array, encoder = new G722Encoder()): Buffer {
  const out = Buffer.alloc(samples.length >> 1);
  expect(encoder.encode(samples, samples.length, out, 0)).toBe(out.length);
  return out;
}

function decode(octets: Uint8Array, decoder = new G722Decoder()): Int16Array {
  const out = new Int16Array(octets.length * 2);
  decoder.decode(octets, 0, octets.length, out, 0);
  return out;
}

const lineDb = 20 * Math.log10(8000 / 32_768);

describe('G.722', () => {
  test.each([100, 300, 1000, 3000, 5000, 6800])('a tone of %i Hz keeps its frequency and level', (hz) => {
    const heard = decode(encode(tone(hz, 8000, 16_000, 0, 16_000))).subarray(4000);
    expect(toneDb(heard, hz, 16_000)).toBeCloseTo(lineDb, 0);
    const own = toneDb(heard, hz, 16_000);
    for (const other of [440, 2000, 4500, 7300]) expect(toneDb(heard, other, 16_000)).toBeLessThan(own - 30);
  });

  test('both filter banks delay by 22 samples and leave the shape alone', () => {
    const spoken = joinSamples([tone(700, 9000, 8000, 0, 16_000), tone(2200, 4000, 8000, 0, 16_000)]);
    const heard = decode(encode(spoken));
    let error = 0;
    let power = 0;
    for (let i = 0; i < spoken.length - 22; i++) {
      error += (heard[i + 22] - spoken[i]) ** 2;
      power += spoken[i] ** 2;
    }
    expect(10 * Math.log10(power / error)).toBeGreaterThan(30);
  });

  test('silence stays silence', () => {
    expect(Math.max(...decode(encode(new Int16Array(3200))).map(Math.abs))).toBeLessThan(8);
  });

  test('packets of any length give what one long packet gives', () => {
    const spoken = tone(900, 12_000, 6400, 0, 16_000);
    const whole = encode(spoken);
    const heard = decode(whole);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 480 }), { minLength: 1, maxLength: 20 }), (lengths) => {
        const encoder = new G722Encoder();
        const decoder = new G722Decoder();
        let at = 0;
        for (const length of lengths) {
          const end = Math.min(whole.length, at + length);
          expect(encode(spoken.subarray(at * 2, end * 2), encoder)).toEqual(whole.subarray(at, end));
          expect(decode(whole.subarray(at, end), decoder)).toEqual(heard.subarray(at * 2, end * 2));
          at = end;
        }
      }),
      { numRuns: 30 },
    );
  });

  test('any octets decode, any samples encode, and the loudest do not wrap round', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (octets) => {
        expect(decode(octets)).toHaveLength(octets.length * 2);
      }),
    );
    fc.assert(
      fc.property(fc.int16Array({ minLength: 2, maxLength: 400 }), (samples) => {
        expect(encode(samples)).toHaveLength(samples.length >> 1);
      }),
    );
    const heard = decode(encode(tone(500, 32_000, 8000, 0, 16_000))).subarray(2000);
    expect(toneDb(heard, 500, 16_000)).toBeGreaterThan(-2);
    for (let i = 1; i < heard.length; i++) expect(Math.abs(heard[i] - heard[i - 1])).toBeLessThan(14_000);
  });
});

describeWith([missingFfmpeg()], 'G.722 against ffmpeg', () => {
  const speech = readWav(readFileSync('test/fixtures/speech/ada.wav'), 'ada.wav').samples;
  const cases: Record<string, Int16Array> = {
    speech: speech.subarray(0, speech.length & ~1),
    'a tone': tone(1000, 16_000, 16_000, 0, 16_000),
    'full-scale noise': Int16Array.from(
      { length: 16_000 },
      (_, i) => (((i * 1_103_515_245 + 12_345) >> 8) << 16) >> 16,
    ),
  };

  test.each(Object.keys(cases))('%s: the same octets and the same samples', (name) => {
    const octets = encode(cases[name]);
    expect(ffmpeg(pcm(cases[name]), ['-f', 's16le', '-ar', '16000', '-ac', '1'], ['-f', 'g722'])).toEqual(
      octets,
    );
    const heard = ffmpeg(octets, ['-f', 'g722'], ['-f', 's16le']);
    expect(heard.equals(pcm(decode(octets)))).toBe(true);
  });
});

function pcm(samples: Int16Array): Buffer {
  return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
}

function ffmpeg(input: Buffer, from: string[], to: string[]): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'g722-'));
  try {
    writeFileSync(join(folder, 'in'), input);
    execFileSync('ffmpeg', ['-v', 'error', ...from, '-i', join(folder, 'in'), ...to, join(folder, 'out')]);
    return readFileSync(join(folder, 'out'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function missingFfmpeg(): string | null {
  try {
    execFileSync('ffmpeg', ['-version']);
    return null;
  } catch {
    return 'ffmpeg is not installed';
  }
}

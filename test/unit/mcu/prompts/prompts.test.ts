import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { PromptLibrary } from '../../../../mcu/prompts/library.ts';
import { Player } from '../../../../mcu/prompts/player.ts';
import { resample } from '../../../../mcu/prompts/resample.ts';
import { readWav } from '../../../../mcu/prompts/wav.ts';
import { levelDb, tone, toneDb, wavBytes, writeWav } from '../../../support/audio.ts';

const folder = mkdtempSync(join(tmpdir(), 'prompts-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a WAV file is read as it was written', () => {
  const samples = Int16Array.of(0, 1, -1, 32_767, -32_768);
  expect(readWav(wavBytes(samples, 16_000), 'x')).toEqual({ rateHz: 16_000, samples });
});

test('chunks before the data are passed over, a cut file is read as far as it goes', () => {
  const plain = wavBytes(Int16Array.of(1, 2, 3), 8000);
  const list = Buffer.from('LIST\x03\0\0\0abc\0', 'latin1');
  const withList = Buffer.concat([plain.subarray(0, 12), list, plain.subarray(12)]);
  expect([...readWav(withList, 'x').samples]).toEqual([1, 2, 3]);
  expect([...readWav(plain.subarray(0, plain.length - 2), 'x').samples]).toEqual([1, 2]);
});

test.each([
  ['text', (wav: Buffer) => wav.fill('x')],
  ['stereo', (wav: Buffer) => wav.writeUInt16LE(2, 22)],
  ['8 bits', (wav: Buffer) => wav.writeUInt16LE(8, 34)],
  ['µ-law', (wav: Buffer) => wav.writeUInt16LE(7, 20)],
  ['96 kHz', (wav: Buffer) => wav.writeUInt32LE(96_000, 24)],
  ['no data', (wav: Buffer) => wav.write('junk', 36, 'latin1')],
])('%s is refused by name', (_, spoil) => {
  const wav = wavBytes(Int16Array.of(1, 2, 3), 8000);
  spoil(wav);
  expect(() => readWav(wav, 'prompt.wav')).toThrow(/^prompt.wav: /);
});

test('no bytes crash the reader', () => {
  const wav = wavBytes(tone(440, 8000, 100), 8000);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(wav.length - 1), fc.nat(255))),
      fc.nat(wav.length),
      (spoils, length) => {
        const copy = Buffer.from(wav);
        for (const [at, octet] of spoils) copy[at] = octet;
        try {
          readWav(copy.subarray(0, length), 'x');
        } catch (error) {
          expect(error).toMatchObject({ code: 'PROMPT_UNREADABLE' });
        }
      },
    ),
  );
});

test.each([16_000, 44_100, 48_000])(
  '%i Hz becomes 8000 Hz: tones keep their level, what does not fit goes',
  async (rateHz) => {
    const kept = await resample(tone(1000, 8000, rateHz, 0, rateHz), rateHz, 8000);
    expect(kept.length).toBe(8000);
    expect(toneDb(kept.subarray(800, 7200), 1000)).toBeCloseTo(20 * Math.log10(8000 / 32_768), 1);
    const gone = await resample(tone(6000, 8000, rateHz, 0, rateHz), rateHz, 8000);
    expect(levelDb(gone.subarray(800, 7200))).toBeLessThan(-65);
  },
);

test('8000 Hz becomes 48000 Hz', async () => {
  const up = await resample(tone(1000, 8000, 8000), 8000, 48_000);
  expect(toneDb(up.subarray(4800, 43_200), 1000, 48_000)).toBeCloseTo(20 * Math.log10(8000 / 32_768), 1);
});

test('a file is read once, again when it has changed, and never from outside the folder', async () => {
  const library = new PromptLibrary(folder);
  writeWav(join(folder, 'a.wav'), Int16Array.of(1), 8000);
  const [first] = await library.load(['a.wav'], 8000);
  expect((await library.load(['a.wav'], 8000))[0]).toBe(first);
  writeWav(join(folder, 'a.wav'), Int16Array.of(2, 3), 8000);
  utimesSync(join(folder, 'a.wav'), 1, 1);
  expect([...(await library.load(['a.wav'], 8000))[0]]).toEqual([2, 3]);
  expect((await library.load(['a.wav'], 48_000))[0]).toHaveLength(12);
  writeFileSync(join(folder, 'b.wav'), 'no sound');
  for (const file of ['b.wav', 'missing.wav', '../a.wav', '/etc/hostname'])
    await expect(library.load([file], 8000)).rejects.toMatchObject({ code: 'PROMPT_UNREADABLE' });
});

test('files follow each other without a gap; the end is told with the last frame', () => {
  const player = new Player(1, [Int16Array.of(1, 2, 3), new Int16Array(0), Int16Array.of(4)], false);
  const frame = new Int16Array(3);
  expect(player.read(frame)).toBe(true);
  expect([...frame]).toEqual([1, 2, 3]);
  expect(player.read(frame)).toBe(false);
  expect([...frame]).toEqual([4, 0, 0]);
});

test('a loop goes round within a frame; a loop of nothing ends', () => {
  const frame = new Int16Array(5);
  const player = new Player(1, [Int16Array.of(1, 2)], true);
  expect(player.read(frame)).toBe(true);
  expect(player.read(frame)).toBe(true);
  expect([...frame]).toEqual([2, 1, 2, 1, 2]);
  expect(new Player(1, [new Int16Array(0)], true).read(frame)).toBe(false);
});

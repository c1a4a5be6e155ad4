import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  MUSIC,
  TONES,
  promptFile,
  promptIds,
  promptLanguages,
  shippedPromptFolder,
} from '../../../../gateway/prompts/prompts.ts';

interface Sound {
  readonly rateHz: number;
  readonly seconds: number;
  /** Loudest sample, dBFS. */
  readonly peakDb: number;
  /** RMS of the 20 ms frames within 20 dB of the loudest, dBFS. */
  readonly activeDb: number;
  readonly samples: Int16Array;
}

function decibels(amplitude: number): number {
  return 20 * Math.log10(amplitude / 32768);
}

function rms(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

/** Reads a WAV file and refuses all but PCM, 16 bit, mono. */
function read(name: string): Sound {
  const file = readFileSync(join(shippedPromptFolder(), name));
  expect(file.toString('latin1', 0, 4) + file.toString('latin1', 8, 16), name).toBe('RIFFWAVEfmt ');
  expect(file.readUInt32LE(4), `${name}: length in its header`).toBe(file.length - 8);
  expect([file.readUInt16LE(20), file.readUInt16LE(22), file.readUInt16LE(34)], name).toEqual([1, 1, 16]);
  expect(file.toString('latin1', 36, 40), name).toBe('data');
  expect(file.readUInt32LE(40), name).toBe(file.length - 44);
  const samples = Int16Array.from({ length: (file.length - 44) / 2 }, (_, i) => file.readInt16LE(44 + 2 * i));
  const rateHz = file.readUInt32LE(24);
  const step = rateHz / 50;
  const frames = Array.from({ length: Math.floor(samples.length / step) }, (_, i) =>
    rms(samples.subarray(i * step, (i + 1) * step)),
  );
  const active = frames.filter((level) => level > Math.max(...frames) / 10);
  return {
    rateHz,
    seconds: samples.length / rateHz,
    peakDb: decibels(samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)),
    activeDb: decibels(Math.sqrt(active.reduce((sum, level) => sum + level * level, 0) / active.length)),
    samples,
  };
}

const texts = parse(readFileSync(join(shippedPromptFolder(), 'texts.yaml'), 'utf8')) as Record<
  string,
  Record<string, string>
>;

describe('texts of the prompts', () => {
  it('has a text for every prompt that the gateway can ask for, and no other', () => {
    expect(Object.keys(texts).sort()).toEqual([...promptIds].sort());
  });

  it.each(promptIds)('says %s in every language', (id) => {
    expect(Object.keys(texts[id]).sort()).toEqual([...promptLanguages].sort());
    for (const text of Object.values(texts[id])) expect(text.trim()).not.toBe('');
  });
});

describe.each(promptLanguages)('prompts in %s', (language) => {
  it.each(promptIds)('%s is clear speech of one loudness', (id) => {
    const name = promptFile(id, language);
    const sound = read(name);
    expect(sound.rateHz, name).toBe(16_000);
    expect(sound.activeDb, name).toBeGreaterThan(-22);
    expect(sound.activeDb, name).toBeLessThan(-18.5);
    expect(sound.peakDb, name).toBeLessThan(-3);
    expect(sound.seconds, name).toBeGreaterThan(0.4);
    // A voice says 10 to 20 letters a second: a prompt that was cut off or says something else stands out.
    const lettersASecond = texts[id][language].length / sound.seconds;
    expect(lettersASecond, name).toBeGreaterThan(6);
    expect(lettersASecond, name).toBeLessThan(22);
  });

  it('has no file that nothing plays', () => {
    const files = readdirSync(join(shippedPromptFolder(), language)).sort();
    expect(files).toEqual(promptIds.map((id) => `${id}.wav`).sort());
  });
});

describe('music on hold', () => {
  const music = read(MUSIC);

  it('is quieter than speech and half a minute long', () => {
    expect(decibels(rms(music.samples))).toBeCloseTo(-24, 0);
    expect(music.peakDb).toBeLessThan(-6);
    expect(music.seconds).toBeGreaterThan(30);
    expect(music.seconds).toBeLessThan(40);
  });

  it('loops without a click', () => {
    const { samples } = music;
    const steps = samples.subarray(1).map((sample, i) => Math.abs(sample - samples[i]));
    const seam = Math.abs(samples[0] - samples[samples.length - 1]);
    expect(seam).toBeLessThan(steps.reduce((largest, step) => Math.max(largest, step)) / 2);
  });

  it('has no gap in which a caller would think that the line is dead', () => {
    const half = music.rateHz / 2;
    for (let start = 0; start + half <= music.samples.length; start += half)
      expect(decibels(rms(music.samples.subarray(start, start + half)))).toBeGreaterThan(-45);
  });
});

describe.each(Object.entries(TONES))('tone for %s', (_, name) => {
  it('is short and soft', () => {
    const sound = read(name);
    expect(sound.seconds).toBeLessThan(0.5);
    expect(sound.peakDb).toBeLessThan(-12);
    expect(sound.activeDb).toBeLessThan(-20);
    expect(sound.activeDb).toBeGreaterThan(-32);
  });
});

it('keeps the sounds small enough to live in the repository', () => {
  const folder = shippedPromptFolder();
  const bytes = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.wav'))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  expect(bytes).toBeLessThan(12 * 1024 * 1024);
});

import { expect, test } from 'vitest';
import { EchoFinder, levelDbOf } from '../../../../mcu/quality/echo.ts';
import { levelDb, tone } from '../../../support/audio.ts';
import { speechLevels as speech } from '../../../support/speech.ts';

const sum = (a: number, b: number) => 10 * Math.log10(10 ** (a / 10) + 10 ** (b / 10));

function listen(out: readonly number[], back: readonly number[]): EchoFinder {
  const finder = new EchoFinder();
  out.forEach((db, i) => finder.push(db, back[i]));
  return finder;
}

function echoOf(levels: readonly number[], lagFrames: number, lossDb: number, noiseDb: number): number[] {
  return levels.map((_, i) => sum(i < lagFrames ? -Infinity : levels[i - lagFrames] - lossDb, noiseDb));
}

test.each([
  [60, 6],
  [120, 20],
  [240, 30],
  [500, 12],
])('an echo after %d ms, %d dB down, is found with its figures', (delayMs, lossDb) => {
  const out = speech(1500, 1);
  const { ofOut, ofBack } = listen(out, echoOf(out, delayMs / 20, lossDb, -75));
  expect(ofOut?.delayMs).toBe(delayMs);
  expect(Math.abs((ofOut?.lossDb ?? 0) - lossDb)).toBeLessThan(2);
  expect(ofBack).toBeNull();
});

test('the other direction’s echo is found as such', () => {
  const back = speech(1500, 2);
  const { ofOut, ofBack } = listen(echoOf(back, 10, 15, -75), back);
  expect(ofBack?.delayMs).toBe(200);
  expect(ofOut).toBeNull();
});

test('an echo is found while its caller also talks from time to time', () => {
  const out = speech(4000, 3);
  const own = speech(4000, 4).map((db, i) => (i % 1500 < 400 ? db : -Infinity));
  const { ofOut } = listen(
    out,
    echoOf(out, 9, 15, -70).map((db, i) => sum(db, own[i])),
  );
  expect(ofOut?.delayMs).toBe(180);
});

test('people who talk at once, in turns or over music are no echo of each other', () => {
  for (let seed = 0; seed < 60; seed++) {
    const [a, b] = [speech(6000, 2 * seed + 10), speech(6000, 2 * seed + 11)];
    expect(listen(a, b).ofOut).toBeNull();
    const turns = (levels: number[], who: number) =>
      levels.map((db, i) => (Math.floor(i / 150) % 2 === who ? db : -Infinity));
    const talk = listen(turns(a, 0), turns(b, 1));
    expect(talk.ofOut).toBeNull();
    expect(talk.ofBack).toBeNull();
  }
});

test('a steady sound, silence, or a hum on both sides says nothing', () => {
  const steady = new Array<number>(1000).fill(-20);
  const silence = new Array<number>(1000).fill(-Infinity);
  for (const back of [steady, silence, speech(1000, 5)]) expect(listen(steady, back).ofOut).toBeNull();
  expect(listen(silence, speech(1000, 6)).ofOut).toBeNull();
});

test('levels are those of the frame, at every rate', () => {
  for (const rateHz of [8000, 16_000, 48_000]) {
    const frame = tone(440, 8000, rateHz / 50, 0, rateHz);
    expect(Math.abs(levelDbOf(frame) - levelDb(frame))).toBeLessThan(0.3);
  }
  expect(levelDbOf(new Int16Array(160))).toBe(-Infinity);
});

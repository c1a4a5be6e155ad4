import { describe, expect, it } from 'vitest';
import { Speech } from '../../../mcu/speech.ts';

function of(...levelsDbov: number[]): number | null {
  const speech = new Speech();
  for (const level of levelsDbov) speech.hear(level);
  return speech.take();
}

describe('a caller who', () => {
  it('sends nothing does not speak', () => expect(of()).toBeNull());
  it('is silent does not speak', () => expect(of(127, 127, 90, 60)).toBeNull());
  it('clicks does not speak', () => expect(of(127, 127, 5, 127)).toBeNull());
  it('speaks is as loud as what is spoken, pauses aside', () => expect(of(18, 127, 18, 20)).toBe(18));
  it('spoke before does not speak any more', () => {
    const speech = new Speech();
    speech.hear(10);
    expect(speech.take()).toBe(12);
    expect(speech.take()).toBeNull();
  });
});

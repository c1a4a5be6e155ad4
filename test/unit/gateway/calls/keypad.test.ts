import { expect, it } from 'vitest';
import { Keypad } from '../../../../gateway/calls/keypad.ts';

function setUp() {
  let nowMs = 1000;
  const keys: string[] = [];
  const clock = { nowMs: () => 0, monotonicMs: () => nowMs };
  const keypad = new Keypad(clock, (digit) => keys.push(digit));
  return { keypad, keys, pass: (ms: number) => (nowMs += ms) };
}

it('counts a key once that a device sends both ways, in whatever order they come', () => {
  const { keypad, keys, pass } = setUp();
  for (const digit of '1123') {
    keypad.press('media', digit);
    pass(120);
  }
  for (const digit of '1123') keypad.press('signalling', digit);
  pass(300);
  keypad.press('signalling', '#');
  keypad.press('media', '#');
  expect(keys.join('')).toBe('1123#');
});

it('counts every key of a device that sends one way', () => {
  const { keypad, keys } = setUp();
  for (const digit of '1111222') keypad.press('signalling', digit);
  expect(keys.join('')).toBe('1111222');
});

it('counts a key again that is pressed again later, by either way', () => {
  const { keypad, keys, pass } = setUp();
  keypad.press('media', '5');
  pass(1500);
  keypad.press('signalling', '5');
  expect(keys.join('')).toBe('55');
});

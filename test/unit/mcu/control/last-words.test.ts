import { expect, test } from 'vitest';
import { LastWords, Notes } from '../../../../mcu/control/last-words.ts';

function open() {
  const words = LastWords.open();
  if (!words) throw new Error('no folder to write in');
  return { words, notes: new Notes(words.fd) };
}

test('what was begun and not done is known after the end, once', () => {
  const { words, notes } = open();
  for (const number of [7, 300, 0xff_ffff, 7]) notes.add(number);
  notes.remove(300);
  notes.remove(7);
  expect(words.take().sort()).toEqual([0xff_ffff, 7].sort());
  expect(words.take()).toEqual([]);
});

test('more at once than there are places for are not noted, and nothing fails', () => {
  const { words, notes } = open();
  for (let number = 1; number <= 1000; number++) notes.add(number);
  for (let number = 1000; number > 2; number--) notes.remove(number);
  expect(words.take()).toEqual([1, 2]);
});

test.each([
  ['there is no such file', 4000],
  ['it is another file', 0],
])('where %s nothing is noted', (_, fd) => {
  const notes = new Notes(fd);
  expect(() => {
    notes.add(1);
    notes.remove(1);
  }).not.toThrow();
});

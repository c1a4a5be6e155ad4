import { expect, test } from 'vitest';
import { Loudest } from '../../../../mcu/mixer/loudest.ts';
import type { Candidate } from '../../../../mcu/mixer/loudest.ts';
import { Loudness } from '../../../../mcu/mixer/loudness.ts';

interface Talker extends Candidate {
  readonly id: number;
  present: boolean;
  needed: boolean;
  loudnessDb: number;
}

function crowd(count: number): Set<Talker> {
  return new Set(
    Array.from({ length: count }, (_, id) => ({
      id,
      present: true,
      needed: false,
      loudnessDb: -80,
      listening: true,
    })),
  );
}

function heard(all: ReadonlySet<Talker>): number[] {
  return [...all].filter((one) => one.listening).map((one) => one.id);
}

function run(loudest: Loudest<Talker>, all: ReadonlySet<Talker>, ticks: number): void {
  for (let i = 0; i < ticks; i++) loudest.choose(all);
}

test('a small room hears everybody', () => {
  const all = crowd(8);
  run(new Loudest(8), all, 1);
  expect(heard(all)).toHaveLength(8);
});

test('of hundreds the loudest are heard, within as many ticks as there are places', () => {
  const all = crowd(300);
  const loudest = new Loudest<Talker>(8);
  run(loudest, all, 5);
  expect(heard(all)).toHaveLength(8);
  for (const one of all) if (one.id % 40 === 7) one.loudnessDb = -25;
  run(loudest, all, 9);
  expect(heard(all)).toEqual([7, 47, 87, 127, 167, 207, 247, 287]);
});

test('who is heard keeps the place against somebody hardly louder', () => {
  const all = crowd(20);
  for (const one of all) one.loudnessDb = -30 + one.id / 10;
  const loudest = new Loudest<Talker>(4);
  run(loudest, all, 50);
  const before = heard(all);
  for (const one of all) one.loudnessDb = -30 - one.id / 10;
  run(loudest, all, 50);
  expect(heard(all)).toEqual(before);
});

test('callers are always heard; whoever falls silent gives the place away', () => {
  const all = crowd(20);
  const loudest = new Loudest<Talker>(3);
  for (const one of all) {
    one.needed = one.id >= 15;
    one.loudnessDb = one.id < 3 ? -20 : -40;
  }
  run(loudest, all, 10);
  expect(heard(all)).toEqual([0, 1, 2, 15, 16, 17, 18, 19]);
  for (const one of all) one.present = one.id > 1;
  run(loudest, all, 10);
  expect(heard(all)).toHaveLength(8);
  expect(heard(all)).not.toContain(0);
});

test('while nobody speaks everybody gets a turn, so that no voice stays unheard', () => {
  const all = crowd(100);
  const loudest = new Loudest<Talker>(8);
  const ever = new Set<number>();
  for (let i = 0; i < 1500; i++) {
    run(loudest, all, 1);
    for (const id of heard(all)) ever.add(id);
  }
  expect(ever.size).toBe(100);
});

test('packets that grow are taken for speech; what was measured fades over pauses', () => {
  const loudness = new Loudness();
  for (let i = 0; i < 50; i++) loudness.guess(30 + (i % 3));
  expect(loudness.db).toBeLessThan(-55);
  loudness.guess(80);
  expect(loudness.db).toBe(-30);
  const measured = new Loudness();
  measured.measure(new Int16Array(160).fill(3277));
  expect(measured.db).toBeCloseTo(-20, 1);
  for (let i = 0; i < 25; i++) measured.measure(new Int16Array(160));
  expect(measured.db).toBeCloseTo(-30, 0);
});

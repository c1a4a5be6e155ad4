import { describe, expect, test } from 'vitest';
import { Floor } from '../../../../mcu/compositor/floor.ts';

const people = ['ada', 'bob', 'cyd'];

function room(...speakers: string[]) {
  return {
    people: people.map((identity) => ({ identity, name: identity, muted: false, cameraOff: false })),
    speakers,
  };
}

/** Ada has the floor, and has just gone silent. */
function adasFloor(): Floor {
  const floor = new Floor();
  floor.update(room('ada'), 0);
  floor.update(room(), 5000);
  return floor;
}

test('before anybody spoke, whoever came first has the floor; then whoever speaks first, at once', () => {
  const floor = new Floor();
  expect(floor.update(room(), 0)).toBeNull();
  expect(floor.holder(people)).toBe('ada');
  floor.update(room('bob'), 10);
  expect(floor.holder(people)).toBe('bob');
});

describe('a second speaker', () => {
  test('takes the floor after 1.5 s, and says when that is', () => {
    const floor = adasFloor();
    expect(floor.update(room('bob'), 6000)).toBe(7500);
    expect(floor.holder(people)).toBe('ada');
    floor.update(room('bob'), 7499);
    expect(floor.holder(people)).toBe('ada');
    floor.update(room('bob'), 7500);
    expect(floor.holder(people)).toBe('bob');
    expect(floor.spokeMs('bob')).toBe(7500);
  });

  test('may pause for breath', () => {
    const floor = adasFloor();
    floor.update(room('bob'), 6000);
    floor.update(room(), 6800);
    floor.update(room('bob'), 7400);
    floor.update(room('bob'), 7500);
    expect(floor.holder(people)).toBe('bob');
  });

  test('who coughs now and then never gets it', () => {
    const floor = adasFloor();
    for (let at = 6000; at < 60_000; at += 2000) {
      floor.update(room('bob'), at);
      floor.update(room(), at + 400);
    }
    expect(floor.holder(people)).toBe('ada');
  });

  test('gets it while the first goes on only by being the louder one for 3 s', () => {
    const floor = new Floor();
    floor.update(room('ada'), 0);
    floor.update(room('ada', 'bob'), 1000);
    floor.update(room('ada', 'bob'), 9000);
    expect(floor.holder(people)).toBe('ada');
    expect(floor.update(room('bob', 'ada'), 10_000)).toBe(13_000);
    floor.update(room('bob', 'ada'), 13_000);
    expect(floor.holder(people)).toBe('bob');
  });

  test('who began while the first spoke gets it when the first has been silent for a breath', () => {
    const floor = new Floor();
    floor.update(room('ada'), 0);
    floor.update(room('ada', 'bob'), 1000);
    expect(floor.update(room('bob'), 5000)).toBe(5701);
    expect(floor.holder(people)).toBe('ada');
    floor.update(room('bob'), 5701);
    expect(floor.holder(people)).toBe('bob');
  });
});

test('a viewer who speaks sees whoever had the floor before', () => {
  const floor = adasFloor();
  floor.update(room('cyd'), 6000);
  floor.update(room('cyd'), 7500);
  expect(floor.holder(people)).toBe('cyd');
  expect(floor.holder(['ada', 'bob'])).toBe('ada');
});

test('the floor of one who left goes back to whoever had it before', () => {
  const floor = adasFloor();
  floor.update(room('cyd'), 6000);
  floor.update(room('cyd'), 7500);
  const rest = room();
  floor.update({ people: rest.people.filter(({ identity }) => identity !== 'cyd'), speakers: ['cyd'] }, 8000);
  expect(floor.holder(['ada', 'bob'])).toBe('ada');
  expect(floor.spokeMs('cyd')).toBe(-Infinity);
});

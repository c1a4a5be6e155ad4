import { expect, it } from 'vitest';
import { RoomTones } from '../../../../gateway/calls/tones.ts';
import type { RoomParticipant } from '../../../../gateway/ports.ts';
import { TONES } from '../../../../gateway/prompts/prompts.ts';

const people = (...names: string[]): RoomParticipant[] =>
  names.map((identity) => ({
    sid: identity,
    identity,
    name: identity,
    kind: 'standard',
    attributes: {},
    own: false,
  }));

function listen() {
  const heard: string[] = [];
  const tones = new RoomTones((room, file) =>
    heard.push(`${room} ${file === TONES.join ? 'join' : 'leave'}`),
  );
  return { heard, tones };
}

it('sounds once for each coming and going, however many callers see it', () => {
  const { heard, tones } = listen();
  tones.enter('a');
  tones.enter('a');
  for (const list of [people('x'), people('x', 'y'), people('y')]) {
    tones.saw('a', list);
    tones.saw('a', list);
  }
  expect(heard).toEqual(['a join', 'a leave']);
});

it('is silent at the first look, in large rooms and in rooms without callers', () => {
  const { heard, tones } = listen();
  tones.saw('b', people('x'));
  tones.enter('a');
  tones.saw('a', people('x', 'y'));
  const crowd = Array.from({ length: 30 }, (_, i) => `p${i}`);
  tones.saw('a', people(...crowd));
  tones.leave('a');
  tones.saw('a', people('x'));
  expect(heard).toEqual([]);
});

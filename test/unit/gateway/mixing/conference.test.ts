import { expect, it, vi } from 'vitest';
import { conferenceName, Conferences } from '../../../../gateway/mixing/conference.ts';
import { EndpointPlay } from '../../../../gateway/mixing/play.ts';
import { PromptFiles } from '../../../../gateway/mixing/prompts.ts';
import { shippedPromptFolder } from '../../../../gateway/prompts/prompts.ts';

it('names conferences so that no caller’s text reaches a command line', () => {
  const name = conferenceName('room', 'gateway', 'node-1', 'a b\n+Ä@;{x}');
  expect(name).toMatch(/^room-[0-9a-f]{32}$/);
  expect(conferenceName('room', 'gateway', 'node-1', 'a b\n+Ä@;{x}')).toBe(name);
  // Texts that run together are other texts.
  expect(conferenceName('room', 'ab', 'c')).not.toBe(conferenceName('room', 'a', 'bc'));
});

it('lets the first make a conference, and the others wait until it is there', async () => {
  const conferences = new Conferences();
  await conferences.turn('r');
  let entered = 0;
  const others = [1, 2].map(() => conferences.turn('r').then(() => (entered += 1)));
  await new Promise(setImmediate);
  expect(entered).toBe(0);
  conferences.added('r', 'first');
  await Promise.all(others);
  expect(entered).toBe(2);
  conferences.gone('first');
  expect(conferences.has('r')).toBe(false);
});

it('does not wait for one who never gets there', async () => {
  vi.useFakeTimers();
  const conferences = new Conferences();
  await conferences.turn('r');
  const other = conferences.turn('r');
  vi.advanceTimersByTime(5000);
  await other;
  vi.useRealTimers();
});

const seat = { conference: 'room-1', member: 7 };

it('plays one thing at a time, and tells of each how it ended', async () => {
  const told: [number, string][] = [];
  const commands: string[] = [];
  const prompts = new PromptFiles(shippedPromptFolder(), '/p');
  const play = new EndpointPlay(prompts, (...how) => told.push(how));
  const follow = (): Promise<void> =>
    play.follow(seat, (command) => {
      commands.push(command.replace(/gateway_play=\d+/, 'n'));
      return Promise.resolve('+OK');
    });
  play.want({ play: 1, files: ['en/welcome.wav'], loop: false });
  await follow();
  play.want({ play: 2, files: ['music/hold.wav'], loop: true });
  await follow();
  expect(told).toEqual([[1, 'stopped']]);
  expect(commands.slice(0, 2)).toEqual([
    'conference room-1 play {n}/p/en/welcome.wav 7',
    'conference room-1 stop all 7',
  ]);
  play.interrupted();
  await follow();
  expect(commands.at(-1)).toMatch(/^conference room-1 play .*hold\.wav/);
  expect(play.stop(1)).toBe(false);
  expect(play.stop(2)).toBe(true);
  await follow();
  expect(commands.at(-1)).toBe('conference room-1 stop all 7');
  expect(told.at(-1)).toEqual([2, 'stopped']);
  play.want({ play: 3, files: ['en/none.wav'], loop: false });
  await follow();
  expect(told.at(-1)).toEqual([3, 'failed']);
});

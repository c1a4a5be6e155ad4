import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { Drawings } from '../../gateway/mixing/drawings.ts';
import { describeWith } from '../support/needs.ts';
import { ffmpegMissing } from '../support/coded-video.ts';
import { missingForFreeSwitch } from '../support/freeswitch.ts';
import { PictureNode } from '../support/mixer-pictures.ts';
import type { PictureParty } from '../support/mixer-pictures.ts';
import { useMixingBench } from '../support/mixing-bench.ts';
import { quietLog } from '../support/quiet-log.ts';
import type { TestPicture } from '../support/test-video.ts';

describeWith(
  [missingForFreeSwitch(), ffmpegMissing],
  'pictures that FreeSWITCH composes',
  () => {
    const bench = useMixingBench();

    async function meeting(): Promise<PictureNode> {
      const folder = mkdtempSync(join(tmpdir(), 'drawn-'));
      bench.later(() => rmSync(folder, { recursive: true, force: true }));
      const drawings = await Drawings.start({
        folder,
        output: new PassThrough().resume(),
        log: quietLog(bench.lines),
      });
      bench.later(() => drawings.close());
      const node = new PictureNode(await bench.mixing([await bench.freeSwitch()], { draw: drawings.draw }));
      bench.later(() => node.close());
      return node;
    }

    it('lead from a screen of one’s own into a room of cameras with their names, a late one included', async () => {
      const node = await meeting();
      const pin = { title: 'Welcome', lines: ['Please enter the PIN.'], digits: 3 };
      const room = await node.open({ id: 'room system', colour: 'red', looks: 720, screen: pin });
      await room.sees(
        'a dark screen with its title',
        (picture) => isDark(picture) && hasText(picture, 0.3, 0.45),
      );
      expect(room.media?.video).not.toBeNull();

      node.people('demo', { id: 'room system' }, { id: 'ada', name: 'Ada 田中', muted: true }, { id: 'bob' });
      const ada = await node.open({ id: 'ada', room: 'demo', codec: 'VP8', colour: 'lime' });
      room.enter('demo');
      await room.sees('two cameras', isPair);
      await room.sees('their names', (picture) => hasName(picture, 0) && hasName(picture, 0.5));

      await node.open({ id: 'bob', room: 'demo', codec: 'H264', colour: 'blue' });
      await room.sees('the late one', (picture) =>
        ['lime', 'red', 'blue'].every((one) => grid3.some(([x, y]) => picture.colourAt(x, y) === one)),
      );
      expect(ada.video.packets).toHaveLength(0);
    });

    it('make a shared screen big, follow whoever chooses a layout, and free the place of a camera that is off', async () => {
      const node = await meeting();
      const people = ['room system', 'ada', 'bob'].map((id) => ({ id }));
      node.people('demo', ...people);
      const room = await node.open({ id: 'room system', room: 'demo', colour: 'red', looks: 720 });
      await node.open({ id: 'ada', room: 'demo', codec: 'VP8', colour: 'lime' });
      await node.open({ id: 'bob', room: 'demo', codec: 'VP8', colour: 'blue' });
      await room.sees(
        'three',
        (picture) => picture.colourAt(0.5, 0.75) !== null && picture.colourAt(0.25, 0.25) !== null,
      );

      const slides = await node.open({
        id: 'slides',
        room: 'demo',
        codec: 'VP8',
        colour: 'yellow',
        kind: 'screen',
      });
      await room.sees(
        'the shared screen big',
        (picture) => picture.colourAt(0.3, 0.5) === 'yellow' && stripOf(picture).size === 3,
      );
      slides.leave();
      room.choose('speaker');
      await room.sees(
        'one big above two small',
        (picture) => picture.colourAt(0.5, 0.3) !== null && bigOf(picture),
      );
      room.choose('auto');
      node.people('demo', { id: 'room system' }, { id: 'ada' }, { id: 'bob', cameraOff: true });
      await room.sees('two', isPair);
    });

    it('frame who speaks, for as long as they do', async () => {
      const node = await meeting();
      node.people('demo', { id: 'red' }, { id: 'lime' });
      const red = await node.open({ id: 'red', room: 'demo', colour: 'red', looks: 720 });
      await node.open({ id: 'lime', room: 'demo', codec: 'VP8', colour: 'lime' });
      await red.sees('two cameras, none framed', (picture) => isPair(picture) && framed(picture) === '');
      node.speak('demo', 'lime');
      await red.sees('lime framed', (picture) => framed(picture) === 'lime');
      node.speak('demo', 'red', 'lime');
      await red.sees('both framed', (picture) => ['lime red', 'red lime'].includes(framed(picture)));
      node.speak('demo');
      await red.sees('none framed', (picture) => isPair(picture) && framed(picture) === '');
    });

    it('are of the size that each device takes, one encoder for each size', async () => {
      const node = await meeting();
      const large = await node.open({ id: 'large', room: 'demo', colour: 'red', looks: 720 });
      const small = await node.open({ id: 'small', room: 'demo', colour: 'lime', looks: 360 });
      const other = await node.open({ id: 'other', room: 'demo', codec: 'VP8', colour: 'blue', looks: 360 });
      for (const party of [large, small, other])
        await party.sees('all three', (picture) => seen(picture).size === 3 && sizeOf(party) === party.looks);
    });

    it('grow with the first who takes more, and who takes less goes on with what fits', async () => {
      const node = await meeting();
      const small = await node.open({ id: 'small', room: 'demo', colour: 'red', looks: 720 });
      await node.open({ id: 'ada', room: 'demo', codec: 'VP8', colour: 'lime' });
      await small.sees('two', isPair);
      const large = await node.open({ id: 'large', room: 'demo', colour: 'blue', looks: 1080 });
      for (const party of [large, small])
        await party.sees('all three', (picture) => seen(picture).size === 3 && sizeOf(party) === party.looks);
    });

    it('leave out who looks where there are two, each of whom has a canvas then', async () => {
      const node = await meeting();
      node.people('demo', { id: 'red' }, { id: 'lime' });
      const red = await node.open({ id: 'red', room: 'demo', colour: 'red', looks: 720, own: 'auto' });
      const lime = await node.open({ id: 'lime', room: 'demo', colour: 'lime', looks: 720, own: 'auto' });
      await red.sees('the other one', whole('lime'));
      await lime.sees('the other one', whole('red'));
      node.people('demo', { id: 'red' }, { id: 'lime' }, { id: 'ada' });
      await node.open({ id: 'ada', room: 'demo', codec: 'VP8', colour: 'blue' });
      await red.sees('all three', (picture) => seen(picture).size === 3);
      await lime.sees('all three', (picture) => seen(picture).size === 3);
    });

    it('say who is alone, and give the room to who comes', async () => {
      const node = await meeting();
      node.people('demo', { id: 'room system' });
      const room = await node.open({ id: 'room system', room: 'demo', colour: 'red', looks: 720 });
      await room.sees('a mark instead of itself', (picture) => isDark(picture));
      node.people('demo', { id: 'room system' }, { id: 'ada' });
      await node.open({ id: 'ada', room: 'demo', codec: 'VP8', colour: 'lime' });
      await room.sees('both', (picture) => seen(picture).has('lime') && seen(picture).has('red'));
    });
  },
  { elective: true },
);

type Point = readonly [number, number];
const grid2: readonly Point[] = [
  [0.25, 0.5],
  [0.75, 0.5],
];
const grid3: readonly Point[] = [
  [0.25, 0.25],
  [0.75, 0.25],
  [0.5, 0.75],
];

function coloursOf(picture: TestPicture, points: readonly Point[]): string {
  return points.map(([x, y]) => picture.colourAt(x, y) ?? '-').join(' ');
}

function isPair(picture: TestPicture): boolean {
  return ['lime red', 'red lime'].includes(coloursOf(picture, grid2));
}

/** Which of a pair have a green line at their left edge. */
function framed(picture: TestPicture): string {
  return [0, 0.5]
    .filter((left) => Array.from({ length: 30 }, (_, x) => x).some((x) => isFrame(picture, left * 1280 + x)))
    .map((left) => picture.colourAt(left + 0.25, 0.5) ?? '-')
    .join(' ');
}

function isFrame({ rgb, width }: TestPicture, x: number): boolean {
  const at = (360 * width + x) * 3;
  return [0x3d, 0xdc, 0x97].every((value, i) => Math.abs(rgb[at + i] - value) < 50);
}

/** One camera has it all; in its upper left corner it has a test card. */
function whole(colour: string): (picture: TestPicture) => boolean {
  const corners: readonly Point[] = [
    [0.95, 0.05],
    [0.95, 0.95],
    [0.5, 0.5],
  ];
  return (picture) => corners.every(([x, y]) => picture.colourAt(x, y) === colour);
}

/** Which cameras are anywhere on it. */
function seen(picture: TestPicture): Set<string> {
  const colours = new Set<string>();
  for (let y = 0.05; y < 1; y += 0.05)
    for (let x = 0.05; x < 1; x += 0.05) {
      const colour = picture.colourAt(x, y);
      if (colour !== null && colour !== 'black' && colour !== 'white') colours.add(colour);
    }
  return colours;
}

/** People beside a shared screen. */
function stripOf(picture: TestPicture): Set<string> {
  const colours = new Set<string>();
  for (let y = 0.05; y < 1; y += 0.02) {
    const colour = picture.colourAt(0.93, y);
    if (colour !== null && colour !== 'black' && colour !== 'white') colours.add(colour);
  }
  return colours;
}

/** One is big, and the two others are small below. */
function bigOf(picture: TestPicture): boolean {
  const big = picture.colourAt(0.5, 0.3);
  const below = [0.4, 0.6].map((x) => picture.colourAt(x, 0.85));
  return big === picture.colourAt(0.3, 0.6) && !below.includes(big) && below.every((one) => one !== null);
}

function isDark(picture: TestPicture): boolean {
  return (
    seen(picture).size === 0 &&
    coloursOf(picture, [
      [0.05, 0.05],
      [0.95, 0.95],
    ]) === 'black black'
  );
}

/** Something light on a line of the picture. */
function hasText(picture: TestPicture, from: number, to: number, left = 0.3, right = 0.7): boolean {
  for (let y = from; y < to; y += 0.01)
    for (let x = left; x < right; x += 0.004) if (Math.min(...picture.at(x, y)) > 110) return true;
  return false;
}

/** In the lower left corner of a tile of two. */
function hasName(picture: TestPicture, left: number): boolean {
  return hasText(picture, 0.69, 0.73, left + 0.02, left + 0.15);
}

/** Height of the pictures that come. */
function sizeOf({ video }: PictureParty): number {
  return video.frames.findLast(({ keyFrame }) => keyFrame)?.size?.height ?? 0;
}

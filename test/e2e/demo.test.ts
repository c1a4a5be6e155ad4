import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { page } from '../demo/page/page.ts';
import { runDemo } from '../demo/run.ts';
import type { Demo } from '../demo/run.ts';
import { readWav } from '../demo/sound.ts';
import { missingForRoomSystem } from '../support/baresip-room-system.ts';
import { missingForGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { isColour, Pixels } from '../support/pixels.ts';

describeWith(
  [missingForGateway(), missingForRoomSystem()],
  'the demo: a phone and a room system dial a room',
  () => {
    let folder = '';
    let demo: Demo;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'gateway-demo-test-'));
      demo = await runDemo(folder, () => undefined);
    }, 150_000);
    afterAll(() => rm(folder, { recursive: true, force: true }));

    it('passes every check of its report', () => {
      expect(demo.report.checks.filter(({ passed }) => !passed)).toEqual([]);
      expect(demo.report.checks.length).toBeGreaterThan(15);
    });

    it('tells how long each step took, in order', () => {
      const times = demo.report.times.map(({ ms }) => ms);
      expect(times).toHaveLength(8);
      expect(times.slice(0, 3)).toEqual(times.slice(0, 3).toSorted((a, b) => a - b));
      expect(Math.min(...times)).toBeGreaterThan(0);
    });

    it('keeps both recordings, each with the other’s sentence', () => {
      for (const { file, seconds, speeches } of [demo.report.phoneHeard, demo.report.browserHeard]) {
        expect(readWav(join(folder, file)).samples.length / 8000).toBeCloseTo(seconds, 1);
        expect(speeches.map(({ found }) => found !== null)).toEqual([true, false]);
      }
    });

    it('keeps what the room system saw, and what was seen of it', async () => {
      const files = demo.report.roomSystem ?? expect.fail('no room system dialled in');
      const saw = await Pixels.fromPng(await readFile(join(folder, files.room)));
      expect([saw.width, saw.height]).toEqual([1280, 720]);
      const seen = await Pixels.fromPng(await readFile(join(folder, files.seen)));
      // The clip's bars from grey to blue, a little above the middle.
      expect(isColour(seen.colourAt(0.07, 0.4), [191, 191, 191])).toBe(true);
      expect(isColour(seen.colourAt(0.93, 0.4), [0, 0, 191])).toBe(true);
    });

    it('makes a page that needs nothing from elsewhere', () => {
      const html = page(demo);
      expect(html).toContain('checks passed');
      expect(html.match(/<audio /g)).toHaveLength(2);
      expect(html.match(/<img /g)).toHaveLength(3);
      expect(html).not.toMatch(/(src|href)="(?!data:)/);
    });
  },
);

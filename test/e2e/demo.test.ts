import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { missingForBaresip } from '../demo/baresip.ts';
import { page } from '../demo/page/page.ts';
import { runDemo } from '../demo/run.ts';
import type { Demo } from '../demo/run.ts';
import { readWav } from '../demo/sound.ts';
import { missingForGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';

describeWith([missingForGateway(), missingForBaresip()], 'the demo: baresip and Ada talk in a room', () => {
  let folder = '';
  let demo: Demo;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gateway-demo-test-'));
    demo = await runDemo(folder, () => undefined);
  }, 100_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('passes every check of its report', () => {
    expect(demo.report.checks.filter(({ passed }) => !passed)).toEqual([]);
    expect(demo.report.checks.length).toBeGreaterThan(10);
  });

  it('tells how long each step took, in order', () => {
    const times = demo.report.times.map(({ ms }) => ms);
    expect(times).toHaveLength(6);
    expect(times.slice(0, 3)).toEqual(times.slice(0, 3).toSorted((a, b) => a - b));
    expect(Math.min(...times)).toBeGreaterThan(0);
  });

  it('keeps both recordings, each with the other’s sentence', () => {
    for (const { file, seconds, speeches } of [demo.report.phoneHeard, demo.report.browserHeard]) {
      expect(readWav(join(folder, file)).samples.length / 8000).toBeCloseTo(seconds, 1);
      expect(speeches.map(({ found }) => found !== null)).toEqual([true, false]);
    }
  });

  it('makes a page that needs nothing from elsewhere', () => {
    const html = page(demo);
    expect(html).toContain('checks passed');
    expect(html.match(/<audio /g)).toHaveLength(2);
    expect(html).not.toMatch(/(src|href)="(?!data:)/);
  });
});

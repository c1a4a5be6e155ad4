import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { Drawings } from '../../gateway/mixing/drawings.ts';
import { quietLog } from '../support/quiet-log.ts';
import { until } from '../support/until.ts';

const name = { kind: 'name', width: 1280, height: 720, name: 'Ada 田中', muted: true } as const;
const screen = { kind: 'screen', width: 640, height: 360, title: 'Welcome', lines: [], digits: 2 } as const;

describe('pictures drawn for FreeSWITCH', () => {
  const closers: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function start(): Promise<{ drawings: Drawings; folder: string }> {
    const folder = mkdtempSync(join(tmpdir(), 'drawn-'));
    closers.push(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, `${'0'.repeat(32)}.png`), 'left over');
    writeFileSync(join(folder, 'somebody else’s.png'), 'stays');
    const drawings = await Drawings.start({ folder, output: new PassThrough().resume(), log: quietLog() });
    closers.push(() => drawings.close());
    return { drawings, folder };
  }

  it('are drawn once, whole, under a name that says nothing, and gone at the end', async () => {
    const { drawings, folder } = await start();
    const [first, again, other] = await Promise.all([
      drawings.draw(name),
      drawings.draw({ ...name }),
      drawings.draw(screen),
    ]);
    expect(first).toMatch(/\/[0-9a-f]{32}\.png$/);
    expect(again).toBe(first);
    expect(sizeOf(other ?? '')).toEqual([640, 360]);
    const [width, height] = sizeOf(first ?? '');
    expect(width).toBeGreaterThan(80);
    expect(width).toBeLessThan(640);
    expect(height).toBeLessThan(80);
    expect(await drawings.draw({ ...name, name: '\u200b', muted: false })).toBeNull();
    await drawings.close();
    expect(readdirSync(folder)).toEqual(['somebody else’s.png']);
  });

  it('need a folder whose path FreeSWITCH can be told', async () => {
    const start = Drawings.start({ folder: '/tmp/with blanks', output: new PassThrough(), log: quietLog() });
    await expect(start).rejects.toMatchObject({ code: 'PICTURE_FOLDER_UNUSABLE' });
  });

  it('are drawn again by the next process when one dies', async () => {
    const { drawings } = await start();
    await drawings.draw(name);
    process.kill(drawings.pid ?? 0, 'SIGKILL');
    await until('it draws', () => drawings.draw(screen), 10_000);
  });
});

/** Of a PNG, from its header. */
function sizeOf(file: string): [number, number] {
  const header = readFileSync(file);
  return [header.readUInt32BE(16), header.readUInt32BE(20)];
}

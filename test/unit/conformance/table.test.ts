import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runSchema } from '../../conformance/results.ts';
import type { Run, Shown } from '../../conformance/results.ts';
import { conformanceTable } from '../../conformance/table.ts';

const run = (...shown: Partial<Shown>[]): Run => ({
  date: '2026-11-26',
  versions: 'x',
  shown: shown.map((one) => ({
    section: 'RFC 3261 §9',
    layer: 'gateway',
    file: 'test/contract/a.test.ts',
    test: 'a call is cancelled',
    result: 'passed',
    ...one,
  })),
});

const rows = (text: string): string[] => text.split('\n').slice(2);

describe('the conformance table', () => {
  it('shows both edges beside each other, with what drachtio-server does otherwise', () => {
    const drachtio = run({ onDrachtio: 'with 503' });
    expect(rows(conformanceTable(run({}), drachtio))).toEqual([
      '| RFC 3261 §9 | gateway | a call is cancelled (`contract/a`) | passes | passes, but with 503 |',
    ]);
  });

  it('hides no failure and no test that was left out', () => {
    const ours = run({ result: 'failed' }, { test: 'another', result: 'not run' });
    const text = conformanceTable(ours, run({ result: 'failed', onDrachtio: 'with 503' }));
    expect(text).toContain('| **fails** | **fails** |');
    expect(text).toContain('another (`contract/a`) | not run | not run |');
  });

  it('sorts §10 after §9, and sections below their own', () => {
    const sections = ['RFC 3261 §10.2', 'RFC 3261 §9', 'RFC 3264 §5', 'RFC 3261 §10'];
    const text = conformanceTable(run(...sections.map((section) => ({ section, test: section }))), null);
    expect(rows(text).map((row) => row.split(' | ')[0])).toEqual([
      '| RFC 3261 §9',
      '| RFC 3261 §10',
      '| RFC 3261 §10.2',
      '| RFC 3264 §5',
    ]);
  });

  it('is in the documentation as the kept results say, without a failure of ours', () => {
    const kept = (edge: string): Run =>
      runSchema.parse(
        JSON.parse(readFileSync(new URL(`../../conformance/${edge}.json`, import.meta.url), 'utf8')),
      );
    // Prettier pads cells, lengthens the rule below the heading and has its own mind about escapes.
    const cells = (text: string): string[] =>
      text
        .split('\n')
        .filter((line) => line.startsWith('| '))
        .map((line) => line.replaceAll('\\', '').replace(/\s+/g, ' ').replace(/-{3,}/g, '---'));
    const page = readFileSync(new URL('../../../docs/sip-conformance.md', import.meta.url), 'utf8');
    const embedded = kept('embedded');
    const drachtio = kept('drachtio');
    expect(cells(page)).toEqual(cells(conformanceTable(embedded, drachtio)));
    expect(embedded.shown.filter(({ result }) => result === 'failed')).toEqual([]);
    // Of a commit as it is, not of a changed tree.
    expect(embedded.versions).toMatch(/^commit [0-9a-f]{7,40}$/);
    // What runs the embedded edge’s own parts shows nothing of another server.
    expect(drachtio.shown.filter(({ file }) => file.startsWith('test/unit/gateway/sip/edge/'))).toEqual([]);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { layoutFor, layoutsXml } from '../../../../gateway/mixing/layouts.ts';

const shipped = readFileSync(new URL('../../../../deploy/freeswitch/layouts.xml', import.meta.url), 'utf8');

describe('layouts for FreeSWITCH', () => {
  it('ship as they are made from the geometry of the embedded engine', () => {
    expect(shipped).toBe(layoutsXml());
  });

  it.each([
    ['auto', 1, 0, 'group gateway-grid'],
    ['auto', 9, 0, 'group gateway-grid'],
    ['auto', 10, 0, 'gateway-speaker-5'],
    ['auto', 0, 1, 'gateway-screen'],
    ['auto', 3, 1, 'gateway-presentation-3'],
    ['auto', 12, 1, 'gateway-presentation-4'],
    ['grid', 12, 0, 'group gateway-grid'],
    ['grid', 2, 1, 'group gateway-grid'],
    ['lecture', 5, 0, 'gateway-lecture'],
    ['lecture', 5, 1, 'gateway-screen'],
    ['one-on-one', 2, 0, 'group gateway-grid'],
    ['speaker', 1, 0, 'group gateway-grid'],
    ['speaker', 4, 0, 'gateway-speaker-3'],
    ['speaker', 4, 2, 'gateway-presentation-4'],
    ['presentation', 3, 0, 'gateway-speaker-2'],
  ] as const)('%s, %d cameras, %d screens: %s', (wish, cameras, screens, layout) => {
    expect(layoutFor(wish, { cameras, screens })).toBe(layout);
    // What is not in the file FreeSWITCH does not have.
    const name = layout.replace('group ', '');
    expect(shipped).toMatch(new RegExp(`<(?:layout|group) name="${name}">`));
  });
});

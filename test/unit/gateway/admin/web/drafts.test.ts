import { describe, expect, it } from 'vitest';
import { toHeader } from '../../../../../gateway/admin/web/admin/header-name.ts';
import { onto } from '../../../../../gateway/admin/web/plans/merge-draft.ts';

const lines = (...names: string[]): string => names.map((name) => `- name: ${name}\n`).join('');
const base = lines('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j');
const draftOf = (text: string) => ({ text, base: { etag: 'v1', text: base } });

describe('a draft that somebody has overtaken', () => {
  it('has its change made on the later version when other lines changed there', () => {
    const mine = base.replace('name: b', 'name: mine');
    const theirs = base.replace('name: i', 'name: theirs');
    expect(onto(draftOf(mine), theirs)).toBe(theirs.replace('name: b', 'name: mine'));
  });

  it('is left to a person when both changed the same line', () => {
    expect(
      onto(draftOf(base.replace('name: b', 'name: mine')), base.replace('name: b', 'name: theirs')),
    ).toBeNull();
  });
});

it('a name goes into a header without what a header can’t carry', () => {
  expect(toHeader('Jiří Müller')).toBe('Jiri Muller');
  expect(toHeader('山田')).toBe('??');
});

import { holdsBlock } from './blocks.ts';
import type { Condition } from './conditions.ts';
import { internationalDigits } from './facts.ts';
import { literalPrefixes } from './regex-literals.ts';
import { isInsideOf } from './time.ts';

/**
 * Whether every call for which `inner` holds is one for which `outer` holds. Never true by mistake; false when it can’t
 * be told.
 */
export function implies(inner: Condition, outer: Condition): boolean {
  if (inner.field !== outer.field) return false;
  if (inner.kind === 'one-of') {
    const values = [...inner.folded];
    return values.every((folded) => impliesOfText(folded, outer));
  }
  switch (inner.kind) {
    case 'exact':
      return impliesOfText(inner.folded, outer);
    case 'prefix':
      if (outer.kind === 'present') return outer.present;
      return outer.kind === 'prefix' && inner.folded.startsWith(outer.folded);
    case 'regex':
      if (outer.kind === 'regex') return outer.source === inner.source;
      if (outer.kind === 'present') return outer.present;
      return (
        outer.kind === 'prefix' &&
        literalPrefixes(inner.source).every((text) => text.startsWith(outer.folded))
      );
    case 'e164':
      return outer.kind === 'e164' && outer.digits === inner.digits;
    case 'present':
      return outer.kind === 'present' && outer.present === inner.present;
    case 'source':
      if (outer.kind !== 'source') return false;
      return inner.blocks.every((block) => outer.blocks.some((wider) => holdsBlock(wider, block)));
    case 'language':
      if (outer.kind !== 'language') return false;
      return inner.tags.every((tag) =>
        outer.tags.some((wider) => tag === wider || tag.startsWith(`${wider}-`)),
      );
    case 'time':
      return outer.kind === 'time' && isInsideOf(inner.window, outer.window);
  }
}

/** Of calls whose text is this one, but for the case of its letters. */
export function impliesOfText(folded: string, outer: Condition): boolean {
  switch (outer.kind) {
    case 'exact':
      return outer.folded === folded;
    case 'one-of':
      return outer.folded.has(folded);
    case 'prefix':
      return folded.startsWith(outer.folded);
    case 'regex':
      // With letters in it, it stands for other texts too, which a regex may tell apart.
      return /^[0-9+*#._-]+$/.test(folded) && outer.regex.testExact(folded);
    case 'e164':
      return internationalDigits(folded) === outer.digits;
    case 'present':
      return outer.present;
    case 'source':
    case 'language':
    case 'time':
      return false;
  }
}

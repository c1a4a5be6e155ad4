/**
 * Control characters, halves of surrogate pairs, line separators, and what turns text round or can’t be seen: what a
 * person reads would not be what counts. The joiners of emoji and of Persian words may stay.
 */
const unseen = String.raw`\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u00AD\u200B\u2060\uFEFF`;
/** Holds nothing of that kind. */
export const plainText = new RegExp(`^[^${unseen}]*$`, 'u');
const unseenCharacter = new RegExp(`[${unseen}]`, 'gu');

/** `U+202E` */
export function codePointOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** For terminals and pages: with names in place of what can’t be seen. */
export function madeVisible(text: string): string {
  return text.replace(unseenCharacter, (character) => `<${codePointOf(character)}>`);
}

/** For messages: what an admin typed, bounded. */
export function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

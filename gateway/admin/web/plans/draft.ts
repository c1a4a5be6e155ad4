import type { Draft } from './merge-draft.ts';

const key = (name: string): string => `gateway.draft.${name}`;

/** Null: there is none, or the browser keeps nothing. */
export function keptDraft(name: string): Draft | null {
  try {
    const kept = localStorage.getItem(key(name));
    return kept === null ? null : toDraft(JSON.parse(kept));
  } catch {
    return null;
  }
}

/** False: the browser has no room, or keeps nothing. */
export function keepDraft(name: string, draft: Draft | null): boolean {
  try {
    if (draft === null) localStorage.removeItem(key(name));
    else localStorage.setItem(key(name), JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

function toDraft(value: unknown): Draft | null {
  const draft = value as Partial<Draft> | null;
  const whole =
    typeof draft?.text === 'string' &&
    typeof draft.base?.etag === 'string' &&
    typeof draft.base.text === 'string';
  return whole ? (draft as Draft) : null;
}

import { applyPatch, createPatch } from 'diff';

/** What somebody has typed and not published, with what it was a change of. */
export interface Draft {
  readonly text: string;
  readonly base: { readonly etag: string; readonly text: string };
}

/** The draft's changes made on a later version; null: both have changed the same lines. */
export function onto(draft: Draft, latest: string): string | null {
  const merged = applyPatch(latest, createPatch('plan', draft.base.text, draft.text), { fuzzFactor: 0 });
  return merged === false ? null : merged;
}

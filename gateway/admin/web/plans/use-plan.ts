import { useCallback, useEffect, useState } from 'react';
import { fetchPlan, type PlanView } from './api.ts';
import { keepDraft, keptDraft } from './draft.ts';
import type { Draft } from './merge-draft.ts';

export interface OpenPlan {
  /** As the gateway has it, when it was last looked at. */
  readonly latest: PlanView;
  /** What is in the editor, and what it is a change of. */
  readonly draft: Draft;
  /** Goes up when the editor has to show another text than was typed there. */
  readonly edition: number;
  /** False: the browser does not keep the draft, so that closing the page loses it. */
  readonly kept: boolean;
}

export interface PlanState {
  /** null: still on its way, or `trouble` says why it can’t be had. */
  readonly open: OpenPlan | null;
  readonly trouble: unknown;
  readonly type: (text: string) => void;
  /** Another text in the editor, as a change of `base`, the latest version when left out. */
  readonly replace: (text: string, base?: PlanView) => void;
  /** Looks again; what is typed stays. */
  readonly refresh: () => Promise<PlanView>;
  /** After publishing: the editor goes on from there. */
  readonly published: (plan: PlanView) => void;
  /** There is no such plan any more: nothing of it is kept here. */
  readonly forget: () => void;
}

export const isChanged = ({ draft }: OpenPlan): boolean => draft.text !== draft.base.text;

/** Somebody else has published since what is in the editor was begun. */
export const isOvertaken = ({ latest, draft }: OpenPlan): boolean => latest.etag !== draft.base.etag;

/** One plan, and the draft that this browser keeps of it. */
export function usePlan(name: string): PlanState {
  const [open, setOpen] = useState<OpenPlan | null>(null);
  const [trouble, setTrouble] = useState<unknown>(null);

  const refresh = useCallback(async (): Promise<PlanView> => {
    const latest = await fetchPlan(name);
    setOpen((before) => seen(before, latest));
    return latest;
  }, [name]);

  useEffect(() => {
    refresh().catch(setTrouble);
  }, [refresh]);

  const type = useCallback(
    (text: string) =>
      setOpen((before) => {
        if (before === null) return null;
        const draft = { ...before.draft, text };
        return { ...before, draft, kept: keepDraft(name, text === draft.base.text ? null : draft) };
      }),
    [name],
  );
  const replace = useCallback(
    (text: string, base?: PlanView) =>
      setOpen((before) => {
        if (before === null) return null;
        const on = base ?? before.latest;
        const draft = { text, base: { etag: on.etag, text: on.text } };
        const kept = keepDraft(name, text === on.text ? null : draft);
        return { latest: on, draft, kept, edition: before.edition + 1 };
      }),
    [name],
  );
  const published = useCallback(
    (plan: PlanView) => {
      keepDraft(name, null);
      setOpen((before) => ({
        latest: plan,
        draft: { text: plan.text, base: plan },
        kept: true,
        edition: (before?.edition ?? 0) + (before?.draft.text === plan.text ? 0 : 1),
      }));
    },
    [name],
  );
  const forget = useCallback(() => void keepDraft(name, null), [name]);
  return { open, trouble, type, replace, refresh, published, forget };
}

function seen(before: OpenPlan | null, latest: PlanView): OpenPlan {
  if (before !== null) {
    // Nothing typed: the editor follows.
    if (isChanged(before) || before.draft.base.etag === latest.etag) return { ...before, latest };
    return { latest, draft: fresh(latest), kept: true, edition: before.edition + 1 };
  }
  const draft = latest.owner === 'file' ? null : keptDraft(latest.name);
  return { latest, draft: draft ?? fresh(latest), kept: true, edition: 0 };
}

const fresh = ({ etag, text }: PlanView): Draft => ({ text, base: { etag, text } });

import { useState } from 'react';
import { showTime } from '../admin/times.ts';
import { DiffView } from './diff-view.tsx';
import { onto } from './merge-draft.ts';
import type { OpenPlan } from './use-plan.ts';

interface Props {
  readonly open: OpenPlan;
  /** The text that has both, as a change of the latest version. */
  readonly onMerged: (text: string) => void;
}

/** Somebody else was faster: who, what, and the way to have both changes. */
export function Conflict({ open: { latest, draft }, onMerged }: Props) {
  const [shown, setShown] = useState<'nothing' | 'theirs' | 'merge'>('nothing');
  const merged = onto(draft, latest.text);
  const [text, setText] = useState(draft.text);
  return (
    <section className="note warn conflict" aria-label="Published meanwhile">
      <p role="alert">
        <strong>
          {latest.updatedBy ?? 'Somebody'} published version {latest.version}
          {latest.updatedAt !== null && ` on ${showTime(latest.updatedAt)}`}
        </strong>{' '}
        {latest.note !== null && `(“${latest.note}”) `}while you were at work. Nothing that you typed is lost.{' '}
        {merged === null
          ? 'Both of you changed the same lines: choose for each.'
          : 'Your changes fit onto that version.'}
      </p>
      <div className="buttons">
        <button
          type="button"
          className="quiet"
          aria-pressed={shown === 'theirs'}
          onClick={() => setShown(shown === 'theirs' ? 'nothing' : 'theirs')}
        >
          See their change
        </button>
        {merged === null ? (
          <button type="button" className="primary" onClick={() => setShown('merge')}>
            Merge
          </button>
        ) : (
          <button type="button" className="primary" onClick={() => onMerged(merged)}>
            Put mine onto version {latest.version}
          </button>
        )}
      </div>
      {shown === 'theirs' && <DiffView label="Their change" before={draft.base.text} after={latest.text} />}
      {shown === 'merge' && (
        <>
          <p>Red is version {latest.version}, green is yours. You can edit the text here, too.</p>
          <DiffView
            label="Your text against the published version"
            before={latest.text}
            after={draft.text}
            onMerge={setText}
          />
          <div className="buttons">
            <button type="button" className="primary" onClick={() => onMerged(text)}>
              Go on with this text
            </button>
          </div>
        </>
      )}
    </section>
  );
}

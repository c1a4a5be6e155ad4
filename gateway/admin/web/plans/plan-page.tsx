import { type ReactNode, type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import { go, Link } from '../admin/navigation.tsx';
import { Opening } from '../admin/opening.tsx';
import { useTitle } from '../admin/use-title.ts';
import '../styles/plans.css';
import type { PlanView } from './api.ts';
import { Verdict } from './checks-panel.tsx';
import { Conflict } from './conflict.tsx';
import { DiffView } from './diff-view.tsx';
import type { Vocabulary } from './editor/vocabulary.ts';
import { FileNote } from './file-note.tsx';
import { PlanEditor, type EditorHandle } from './plan-editor.tsx';
import { PlanActions } from './plan-actions.tsx';
import { PlanBadges } from './plan-badges.tsx';
import { PlanSide } from './plan-side.tsx';
import { PublishDialog } from './publish-dialog.tsx';
import { RemovePlan } from './remove-dialog.tsx';
import { useCheck, type Checked } from './use-check.ts';
import { isChanged, isOvertaken, usePlan, type OpenPlan, type PlanState } from './use-plan.ts';
import { useVocabulary } from './use-vocabulary.ts';

const lookEveryMs = 15_000;

/** One plan: its text, what is wrong with it, what it would do, and what it did before. */
export function PlanPage({ name }: { name: string }) {
  const plan = usePlan(name);
  const words = useVocabulary();
  useTitle(`${name} · Dial plans`);
  // Whoever edits should hear early that somebody else has published.
  const { refresh } = plan;
  useEffect(() => {
    const timer = setInterval(() => void refresh().catch(() => undefined), lookEveryMs);
    return () => clearInterval(timer);
  }, [refresh]);
  return (
    <>
      <nav aria-label="Where this is" className="small">
        <Link to="/admin/dial-plans">Dial plans</Link>
      </nav>
      {(plan.open === null || words === null) && <Opening what="plan" trouble={plan.trouble} />}
      {plan.open !== null && words !== null && <OpenPlanView plan={plan} open={plan.open} words={words} />}
    </>
  );
}

interface OpenProps {
  readonly plan: PlanState;
  readonly open: OpenPlan;
  readonly words: Vocabulary;
}

function OpenPlanView({ plan, open, words }: OpenProps) {
  const { latest, draft } = open;
  const isFile = latest.owner === 'file';
  const checked = useCheck(latest.name, draft.text);
  const [view, setView] = useState<'text' | 'changes'>('text');
  const [asked, setAsked] = useState<'publish' | 'remove' | null>(null);
  const [news, setNews] = useState('');
  const handle = useRef<EditorHandle>(null);
  const save = useCallback(() => {
    if (!isFile) setAsked('publish');
  }, [isFile]);
  const done = (next: PlanView, words: string): void => {
    plan.published(next);
    setAsked(null);
    setView('text');
    setNews(words);
  };
  return (
    <>
      <div className="headline">
        <h1>{latest.name}</h1>
        <PlanBadges plan={latest} />
        {!isFile && (
          <PlanActions
            open={open}
            view={view}
            setView={setView}
            onPublish={save}
            onDiscard={() => plan.replace(latest.text)}
            onRemove={() => setAsked('remove')}
          />
        )}
      </div>
      <Notes open={open} news={news} onMerged={(text) => plan.replace(text)} />
      <div className="workbench">
        <section className="desk" aria-label="Text of the plan">
          <Verdict checked={checked} />
          {view === 'text' ? (
            <Text
              open={open}
              words={words}
              checked={checked}
              handle={handle}
              onType={plan.type}
              onSave={save}
            />
          ) : (
            <DiffView label="Your changes" before={latest.text} after={draft.text} />
          )}
        </section>
        <PlanSide
          plan={plan}
          open={open}
          checked={checked}
          onDone={setNews}
          goTo={(line, column) => handle.current?.goTo(line, column)}
        />
      </div>
      {asked === 'publish' && (
        <PublishDialog
          open={open}
          checked={checked}
          onClose={() => setAsked(null)}
          onPublished={done}
          refresh={plan.refresh}
        />
      )}
      {asked === 'remove' && (
        <RemovePlan
          plan={latest}
          onClose={() => setAsked(null)}
          onRemoved={() => {
            plan.forget();
            go('/admin/dial-plans');
          }}
        />
      )}
    </>
  );
}

interface NotesProps {
  readonly open: OpenPlan;
  readonly news: string;
  readonly onMerged: (text: string) => void;
}

/** What one has to know before going on. */
function Notes({ open, news, onMerged }: NotesProps) {
  return (
    <>
      <div role="status">{news !== '' && <p className="note good">{news}</p>}</div>
      {open.latest.owner === 'file' && <FileNote plan={open.latest} />}
      {!open.kept && (
        <p className="note warn" role="alert">
          This browser does not keep drafts: what you type is lost when this page closes.
        </p>
      )}
      {isOvertaken(open) && isChanged(open) && <Conflict open={open} onMerged={onMerged} />}
    </>
  );
}

interface TextProps {
  readonly open: OpenPlan;
  readonly words: Vocabulary;
  readonly checked: Checked;
  readonly handle: RefObject<EditorHandle | null>;
  readonly onType: (text: string) => void;
  readonly onSave: () => void;
}

function Text({ open, words, checked, handle, onType, onSave }: TextProps): ReactNode {
  const { latest, draft, edition } = open;
  const isFile = latest.owner === 'file';
  return (
    <PlanEditor
      key={edition}
      label={isFile ? `Plan ${latest.name}, read-only` : `Plan ${latest.name}`}
      text={draft.text}
      words={isFile ? null : words}
      problems={checked.check?.problems.filter(({ file }) => file === latest.name) ?? none}
      tests={checked.check?.tests ?? none}
      onType={onType}
      onSave={onSave}
      handle={handle}
    />
  );
}

const none: readonly never[] = [];

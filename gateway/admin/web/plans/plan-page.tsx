import { type ReactNode, type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import { Link } from '../admin/navigation.tsx';
import { Tabs } from '../admin/tabs.tsx';
import { Trouble } from '../admin/trouble.tsx';
import { fetchSchema, type PlanView } from './api.ts';
import { CanaryPanel } from './canary-panel.tsx';
import { ChecksPanel, Verdict } from './checks-panel.tsx';
import { Conflict } from './conflict.tsx';
import { DiffView } from './diff-view.tsx';
import type { Schema } from './editor/schema.ts';
import { FileNote } from './file-note.tsx';
import { PlanEditor, type EditorHandle } from './plan-editor.tsx';
import { PlanBadges } from './plan-list.tsx';
import { PublishDialog } from './publish-dialog.tsx';
import { TryPanel } from './try-panel.tsx';
import { useCheck, type Checked } from './use-check.ts';
import { isChanged, isOvertaken, usePlan, type OpenPlan, type PlanState } from './use-plan.ts';
import { VersionsPanel } from './versions-panel.tsx';

const lookEveryMs = 15_000;

/** One plan: its text, what is wrong with it, what it would do, and what it did before. */
export function PlanPage({ name }: { name: string }) {
  const plan = usePlan(name);
  const schema = useSchema();
  useEffect(() => {
    document.title = `${name} · Dial plans`;
  }, [name]);
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
      {plan.trouble !== null && plan.open === null && <Trouble of={plan.trouble} />}
      {plan.open === null && plan.trouble === null && <p className="muted">One moment …</p>}
      {plan.open !== null && schema !== undefined && (
        <OpenPlanView plan={plan} open={plan.open} schema={schema} />
      )}
    </>
  );
}

/** undefined: on its way. Without it nothing is completed; all else works. */
function useSchema(): Schema | undefined {
  const [schema, setSchema] = useState<Schema>();
  useEffect(() => {
    fetchSchema().then(setSchema, () => setSchema({}));
  }, []);
  return schema;
}

interface OpenProps {
  readonly plan: PlanState;
  readonly open: OpenPlan;
  readonly schema: Schema;
}

function OpenPlanView({ plan, open, schema }: OpenProps) {
  const { latest, draft } = open;
  const isFile = latest.owner === 'file';
  const checked = useCheck(latest.name, draft.text);
  const [view, setView] = useState<'text' | 'changes'>('text');
  const [publishing, setPublishing] = useState(false);
  const [news, setNews] = useState('');
  const handle = useRef<EditorHandle>(null);
  const save = useCallback(() => {
    if (!isFile) setPublishing(true);
  }, [isFile]);
  const done = (next: PlanView, words: string): void => {
    plan.published(next);
    setPublishing(false);
    setView('text');
    setNews(words);
  };
  return (
    <>
      <div className="headline">
        <h1>{latest.name}</h1>
        <PlanBadges plan={latest} />
        {!isFile && (
          <Actions
            open={open}
            view={view}
            setView={setView}
            onPublish={save}
            onDiscard={() => plan.replace(latest.text)}
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
              schema={schema}
              checked={checked}
              handle={handle}
              onType={plan.type}
              onSave={save}
            />
          ) : (
            <DiffView label="Your changes" before={latest.text} after={draft.text} />
          )}
        </section>
        <Side
          plan={plan}
          open={open}
          checked={checked}
          onDone={setNews}
          goTo={(line, column) => handle.current?.goTo(line, column)}
        />
      </div>
      {publishing && (
        <PublishDialog
          open={open}
          checked={checked}
          onClose={() => setPublishing(false)}
          onPublished={done}
          refresh={plan.refresh}
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

interface ActionsProps {
  readonly open: OpenPlan;
  readonly view: 'text' | 'changes';
  readonly setView: (view: 'text' | 'changes') => void;
  readonly onPublish: () => void;
  readonly onDiscard: () => void;
}

function Actions({ open, view, setView, onPublish, onDiscard }: ActionsProps) {
  const changed = isChanged(open);
  return (
    <div className="buttons">
      {changed && (
        <>
          <button
            type="button"
            className="quiet"
            aria-pressed={view === 'changes'}
            onClick={() => setView(view === 'text' ? 'changes' : 'text')}
          >
            Show changes
          </button>
          <button type="button" className="quiet" onClick={onDiscard}>
            Discard them
          </button>
        </>
      )}
      <button type="button" className="primary" onClick={onPublish}>
        Publish …
      </button>
    </div>
  );
}

interface TextProps {
  readonly open: OpenPlan;
  readonly schema: Schema;
  readonly checked: Checked;
  readonly handle: RefObject<EditorHandle | null>;
  readonly onType: (text: string) => void;
  readonly onSave: () => void;
}

function Text({ open, schema, checked, handle, onType, onSave }: TextProps): ReactNode {
  const { latest, draft, edition } = open;
  const isFile = latest.owner === 'file';
  return (
    <PlanEditor
      key={edition}
      label={isFile ? `Plan ${latest.name}, read-only` : `Plan ${latest.name}`}
      text={draft.text}
      schema={isFile ? null : schema}
      problems={checked.check?.problems.filter(({ file }) => file === latest.name) ?? none}
      tests={checked.check?.tests ?? none}
      onType={onType}
      onSave={onSave}
      handle={handle}
    />
  );
}

const none: readonly never[] = [];

interface SideProps {
  readonly plan: PlanState;
  readonly open: OpenPlan;
  readonly checked: Checked;
  readonly onDone: (news: string) => void;
  readonly goTo: (line: number, column: number) => void;
}

function Side({ plan, open, checked, onDone, goTo }: SideProps) {
  const { latest, draft } = open;
  const problems = checked.check?.problems.length ?? 0;
  const title = problems === 0 ? 'Checks' : `Checks (${problems})`;
  const checks = {
    id: 'checks',
    title,
    content: <ChecksPanel name={latest.name} checked={checked} goTo={goTo} />,
  };
  const trial = {
    id: 'try',
    title: 'Try a call',
    content: <TryPanel name={latest.name} text={draft.text} changed={isChanged(open) || !latest.enabled} />,
  };
  const versions = {
    id: 'versions',
    title: 'Versions',
    content: (
      <VersionsPanel
        plan={latest}
        onRolledBack={async (words) => {
          plan.published(await plan.refresh());
          onDone(words);
        }}
      />
    ),
  };
  const canary = {
    id: 'canary',
    title: 'Canary',
    content: (
      <CanaryPanel
        plan={latest}
        onOver={async (words) => {
          await plan.refresh();
          onDone(words);
        }}
      />
    ),
  };
  return (
    <aside aria-label="About this plan" className="side card">
      <Tabs
        label="About this plan"
        tabs={latest.owner === 'file' ? [checks, trial] : [checks, trial, versions, canary]}
      />
    </aside>
  );
}

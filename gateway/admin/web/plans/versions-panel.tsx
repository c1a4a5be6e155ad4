import { useEffect, useState } from 'react';
import { Dialog } from '../admin/dialog.tsx';
import { showTime } from '../admin/times.ts';
import { Trouble } from '../admin/trouble.tsx';
import { useTask } from '../admin/use-task.ts';
import { fetchVersions, fetchVersionText, rollBack, type PlanVersion, type PlanView } from './api.ts';
import { DiffView } from './diff-view.tsx';

interface Props {
  readonly plan: PlanView;
  readonly onRolledBack: (words: string) => Promise<void>;
}

const kinds = {
  published: 'published',
  'rolled-back': 'rolled back',
  'taken-over': 'taken over',
  candidate: 'canary',
} as const;

/** The history, each version against the present one, and the way back. */
export function VersionsPanel({ plan, onRolledBack }: Props) {
  const [versions, setVersions] = useState<readonly PlanVersion[] | null>(null);
  const [trouble, setTrouble] = useState<unknown>(null);
  const [looked, setLooked] = useState<{ version: PlanVersion; text: string } | null>(null);
  useEffect(() => {
    fetchVersions(plan.name).then(setVersions, setTrouble);
  }, [plan.name, plan.etag]);
  const look = (version: PlanVersion): void => {
    fetchVersionText(plan.name, version.version).then((text) => setLooked({ version, text }), setTrouble);
  };
  if (trouble !== null) return <Trouble of={trouble} />;
  if (versions === null) return <p className="muted">One moment …</p>;
  return (
    <>
      <ol className="versions">
        {versions.map((version) => (
          <li key={version.version}>
            <div>
              <strong>Version {version.version}</strong> <span className="muted">{kinds[version.kind]}</span>
              {version.version === plan.version && <span className="badge good">present</span>}
              <p className="muted small">
                {showTime(version.at)} · {version.by}
                {version.note !== null && ` · “${version.note}”`}
              </p>
            </div>
            {version.version !== plan.version && (
              <button type="button" className="quiet" onClick={() => look(version)}>
                Compare<span className="unseen"> version {version.version}</span>
              </button>
            )}
          </li>
        ))}
      </ol>
      {looked !== null && (
        <OldVersion plan={plan} {...looked} onClose={() => setLooked(null)} onRolledBack={onRolledBack} />
      )}
    </>
  );
}

interface OldProps extends Props {
  readonly version: PlanVersion;
  readonly text: string;
  readonly onClose: () => void;
}

function OldVersion({ plan, version, text, onClose, onRolledBack }: OldProps) {
  const [note, setNote] = useState('');
  const task = useTask();
  const back = async (): Promise<void> => {
    await rollBack(plan.name, plan.etag, version.version, note.trim());
    onClose();
    await onRolledBack(`Rolled back: what version ${version.version} said is in force as a new version.`);
  };
  return (
    <Dialog title={`Back to version ${version.version}?`} onClose={onClose}>
      <p className="muted">What would change against the present version {plan.version}:</p>
      <DiffView
        label={`From version ${plan.version ?? ''} to ${version.version}`}
        before={plan.text}
        after={text}
      />
      <form
        className="fields"
        onSubmit={(event) => {
          event.preventDefault();
          void task.run(back);
        }}
      >
        <label htmlFor="roll-back-note">Why (for the history)</label>
        <input
          id="roll-back-note"
          maxLength={500}
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
        {task.trouble !== null && <Trouble of={task.trouble} />}
        <div className="buttons">
          <button type="button" onClick={onClose}>
            Close
          </button>
          <button type="submit" className="primary" disabled={task.busy}>
            Roll back
          </button>
        </div>
      </form>
    </Dialog>
  );
}

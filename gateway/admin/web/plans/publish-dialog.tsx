import { type SubmitEvent, useState } from 'react';
import { Dialog } from '../admin/dialog.tsx';
import { Trouble } from '../admin/trouble.tsx';
import { useTask } from '../admin/use-task.ts';
import { Problem } from '../ask.ts';
import { publishText, startCanary, type PlanView } from './api.ts';
import { CanaryFields, firstWish, toWish } from './canary-fields.tsx';
import { Changes } from './changes.tsx';
import type { Checked } from './use-check.ts';
import type { OpenPlan } from './use-plan.ts';

interface Props {
  readonly open: OpenPlan;
  readonly checked: Checked;
  readonly onClose: () => void;
  readonly onPublished: (plan: PlanView, words: string) => void;
  /** Looks who was faster. */
  readonly refresh: () => Promise<PlanView>;
}

type For = 'all' | 'some' | 'none';

/** What changes, a note why, and for which calls. */
export function PublishDialog({ open, checked, onClose, onPublished, refresh }: Props) {
  const { latest, draft } = open;
  const [note, setNote] = useState('');
  const [whose, setWhose] = useState<For>('all');
  const [wish, setWish] = useState(firstWish);
  const task = useTask();
  const mistakes = checked.check?.problems.length ?? 0;
  const blocked = mistakes > 0 && whose !== 'none';

  const publish = async (): Promise<void> => {
    if (whose === 'some') {
      await startCanary(latest.name, { ...toWish(wish), text: draft.text, note: note.trim() });
      onPublished(await refresh(), 'Some calls try your version now; the Canary tab says how it goes.');
      return;
    }
    try {
      const wanted = { text: draft.text, note: note.trim(), enabled: whose === 'all' };
      const made = await publishText(latest.name, draft.base.etag, wanted);
      const words =
        whose === 'all' ? 'is in force for all new calls' : 'is kept as a draft; it counts for no call';
      onPublished(made, `Version ${made.version ?? ''} ${words}.`);
    } catch (error) {
      // The page then says who was faster, and offers to merge; nothing can be merged with a plan that is gone.
      if (error instanceof Problem && error.status === 412 && error.current !== null) {
        await refresh();
        onClose();
        return;
      }
      throw error;
    }
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    void task.run(publish);
  };
  return (
    <Dialog title={`Publish ${latest.name}`} onClose={onClose}>
      <form onSubmit={submit} className="fields">
        <Changes changes={checked.check?.changes ?? []} />
        {mistakes > 0 && (
          <p className="note bad" role="alert">
            The text has {mistakes === 1 ? 'a mistake' : `${mistakes} mistakes`}: it can only be kept as a
            draft.
          </p>
        )}
        <label htmlFor="publish-note">Why (for the history)</label>
        <input
          id="publish-note"
          maxLength={500}
          autoFocus
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
        <fieldset>
          <legend>For which calls?</legend>
          <Choice value="all" whose={whose} onChange={setWhose} label="All new calls" />
          {latest.enabled && (
            <Choice value="some" whose={whose} onChange={setWhose} label="Some calls first (canary)" />
          )}
          <Choice
            value="none"
            whose={whose}
            onChange={setWhose}
            label={latest.enabled ? 'None: take this plan out of force' : 'None: keep it as a draft'}
          />
        </fieldset>
        {whose === 'some' && <CanaryFields wish={wish} onChange={setWish} />}
        {task.trouble !== null && <Trouble of={task.trouble} />}
        <div className="buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={task.busy || blocked}>
            {whose === 'all' ? 'Publish' : whose === 'some' ? 'Start the canary' : 'Keep'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface ChoiceProps {
  readonly value: For;
  readonly whose: For;
  readonly label: string;
  readonly onChange: (value: For) => void;
}

function Choice({ value, whose, label, onChange }: ChoiceProps) {
  return (
    <label className="choice">
      <input type="radio" name="whose" checked={whose === value} onChange={() => onChange(value)} />
      {label}
    </label>
  );
}

import { type SubmitEvent, useState } from 'react';
import { Dialog } from '../admin/dialog.tsx';
import { go } from '../admin/navigation.tsx';
import { Trouble } from '../admin/trouble.tsx';
import { useTask } from '../admin/use-task.ts';
import { makePlan } from './api.ts';
import { firstText } from './first-text.ts';
import { planPath } from './paths.ts';

/** It only needs a name. */
export function NewPlan({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('');
  const task = useTask();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    void task
      .run(async () => {
        await makePlan(name.trim(), firstText);
      })
      .then((made) => {
        if (made) go(planPath(name.trim()));
      });
  };
  return (
    <Dialog title="New plan" onClose={onClose}>
      <form onSubmit={submit} className="fields">
        <label htmlFor="plan-name">Name</label>
        <input
          id="plan-name"
          required
          autoComplete="off"
          spellCheck={false}
          maxLength={64}
          value={name}
          aria-describedby="plan-name-help"
          onChange={(event) => setName(event.target.value)}
        />
        <p className="muted small" id="plan-name-help">
          Letters, digits, dots, dashes and underscores. It begins as a draft, and counts once you publish it.
        </p>
        {task.trouble !== null && <Trouble of={task.trouble} />}
        <div className="buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={task.busy}>
            Make it
          </button>
        </div>
      </form>
    </Dialog>
  );
}

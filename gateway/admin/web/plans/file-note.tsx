import { useState } from 'react';
import { go, Link } from '../admin/navigation.tsx';
import { Trouble } from '../admin/trouble.tsx';
import { useTask } from '../admin/use-task.ts';
import { takeOver, type PlanView } from './api.ts';
import { planPath } from './paths.ts';

/** Why a file can’t be changed here, and the way out. */
export function FileNote({ plan }: { plan: PlanView }) {
  const suggestion = plan.name.replace(/\.ya?ml$/, '').replaceAll('/', '-');
  const [name, setName] = useState(suggestion);
  const task = useTask();
  if (plan.replacedBy !== null) {
    return (
      <p className="note">
        This file does not count: <Link to={planPath(plan.replacedBy)}>{plan.replacedBy}</Link> stands for it.
      </p>
    );
  }
  const take = async (): Promise<void> => {
    await takeOver(plan.name, name.trim());
    go(planPath(name.trim()));
  };
  return (
    <div className="note">
      <p>
        This plan is a file, so it is read-only here: whoever keeps the files would write over your changes.
        Edit the file, or take a copy over. The copy is a draft; once you publish it, it stands for the file.
      </p>
      <form
        className="inline"
        onSubmit={(event) => {
          event.preventDefault();
          void task.run(take);
        }}
      >
        <label htmlFor="take-over-as">Name of the copy</label>
        <input
          id="take-over-as"
          required
          autoComplete="off"
          spellCheck={false}
          maxLength={64}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <button type="submit" disabled={task.busy}>
          Take it over
        </button>
      </form>
      {task.trouble !== null && <Trouble of={task.trouble} />}
    </div>
  );
}

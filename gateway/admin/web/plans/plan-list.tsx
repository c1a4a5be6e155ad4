import { type SubmitEvent, useEffect, useState } from 'react';
import { Dialog } from '../admin/dialog.tsx';
import { go, Link } from '../admin/navigation.tsx';
import { showTime } from '../admin/times.ts';
import { Trouble } from '../admin/trouble.tsx';
import { useTask } from '../admin/use-task.ts';
import { usePolled } from '../use-polled.ts';
import { fetchPlans, makePlan, type PlanSummary } from './api.ts';
import { firstText } from './first-text.ts';

const lookEveryMs = 10_000;

export const planPath = (name: string): string => `/admin/dial-plans/${encodeURIComponent(name)}`;

/** All plans: which count, whose they are, and who changed them last. */
export function PlanList() {
  const plans = usePolled(fetchPlans, lookEveryMs);
  const [making, setMaking] = useState(false);
  useEffect(() => {
    document.title = 'Dial plans · Interop gateway';
  }, []);
  return (
    <>
      <div className="headline">
        <h1>Dial plans</h1>
        <button type="button" className="primary" onClick={() => setMaking(true)}>
          New plan
        </button>
      </div>
      <p className="muted">
        All plans that count make one together, in the order of their names. For each call the first rule that
        holds decides.
      </p>
      {plans.state === 'loading' && <p className="muted">One moment …</p>}
      {plans.state === 'failed' && <Trouble of={plans.error} />}
      {plans.state === 'ok' && (
        <ul className="rows">
          {plans.value.map((plan) => (
            <PlanRow key={plan.name} plan={plan} />
          ))}
        </ul>
      )}
      {making && <NewPlan onClose={() => setMaking(false)} />}
    </>
  );
}

function PlanRow({ plan }: { plan: PlanSummary }) {
  const { name, rules, tests, updatedAt, updatedBy, note } = plan;
  return (
    <li className="card row-card">
      <div className="row-head">
        <Link to={planPath(name)} className="row-title">
          {name}
        </Link>
        <PlanBadges plan={plan} />
      </div>
      <p className="muted">
        {rules === null ? 'Its text is no YAML.' : `${count(rules, 'rule')}, ${count(tests ?? 0, 'test')}`}
        {updatedAt !== null && ` · changed ${showTime(updatedAt)} by ${updatedBy ?? 'somebody'}`}
        {note !== null && ` · “${note}”`}
      </p>
    </li>
  );
}

export function PlanBadges({ plan }: { plan: PlanSummary }) {
  const { owner, enabled, version, replacedBy, replaces, canary } = plan;
  return (
    <span className="badges">
      <span className={enabled ? 'badge good' : 'badge'}>{enabled ? 'in force' : 'not in force'}</span>
      <span className="badge">{owner === 'file' ? 'file' : `version ${version ?? '?'}`}</span>
      {replacedBy !== null && <span className="badge">replaced by {replacedBy}</span>}
      {enabled && replaces !== null && <span className="badge">stands for {replaces}</span>}
      {canary?.state === 'running' && <span className="badge warn">version {canary.version} is tried</span>}
    </span>
  );
}

export const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

function NewPlan({ onClose }: { onClose: () => void }) {
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

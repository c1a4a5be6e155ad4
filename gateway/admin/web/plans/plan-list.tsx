import { useState } from 'react';
import { count } from '../admin/count.ts';
import { go, Link, useQuery } from '../admin/navigation.tsx';
import { showTime } from '../admin/times.ts';
import { Trouble } from '../admin/trouble.tsx';
import { useTitle } from '../admin/use-title.ts';
import '../styles/plans.css';
import { usePolled } from '../use-polled.ts';
import { fetchPlans, type PlanSummary } from './api.ts';
import { callOfQuery } from './call-query.ts';
import { NewPlan } from './new-plan.tsx';
import { planPath } from './paths.ts';
import { PlanBadges } from './plan-badges.tsx';
import { TryPanel } from './try-panel.tsx';

const lookEveryMs = 10_000;

/** All plans: which count, whose they are, and who changed them last; and where a call goes by them. */
export function PlanList() {
  const plans = usePolled(fetchPlans, lookEveryMs);
  const query = useQuery();
  const isTrying = callOfQuery(query) !== null;
  const [making, setMaking] = useState(false);
  useTitle('Dial plans · Interop gateway');
  return (
    <>
      <div className="headline">
        <h1>Dial plans</h1>
        <div className="buttons">
          <button
            type="button"
            className="quiet"
            aria-expanded={isTrying}
            onClick={() => go(isTrying ? '/admin/dial-plans' : '/admin/dial-plans?try')}
          >
            Try a call
          </button>
          <button type="button" className="primary" onClick={() => setMaking(true)}>
            New plan
          </button>
        </div>
      </div>
      <p className="muted">
        All plans that count make one together, in the order of their names. For each call the first rule that
        holds decides.
      </p>
      {isTrying && <TrySection key={query} query={query} />}
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

function TrySection({ query }: { query: string }) {
  return (
    <section className="card try-section" aria-labelledby="try">
      <h2 id="try">Where would a call go?</h2>
      <TryPanel draft={null} first={callOfQuery(query)} />
    </section>
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

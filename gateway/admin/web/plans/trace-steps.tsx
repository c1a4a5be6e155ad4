import '../styles/trace.css';
import type { TraceStep } from './trials.ts';

interface Props {
  readonly steps: readonly TraceStep[];
  /** Rules that are not among them. */
  readonly skipped: number;
  /** Of the rule that decided. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The rules that were looked at, in order: what held, what missed, and what it changed. */
export function TraceSteps({ steps, skipped, variables }: Props) {
  return (
    <>
      <ol className="trace">
        {steps.map((step, index) => (
          <Step key={`${index} ${step.rule}`} step={step} />
        ))}
      </ol>
      {skipped > 0 && (
        <p className="muted small">
          {skipped === 1 ? 'One more rule' : `${skipped} more rules`} could not match.
        </p>
      )}
      <Variables of={variables} title="Variables of the rule that decided" />
    </>
  );
}

function Step({ step }: { step: TraceStep }) {
  const { rule, matched, missed, conditions, transformed, variables = {} } = step;
  return (
    <li className={matched ? 'matched' : 'missed'}>
      <span aria-hidden="true">{matched ? '✓' : '✗'}</span>
      <div>
        <strong>{rule}</strong>
        <span className="unseen">{matched ? ': holds' : ': misses'}</span>
        {matched && conditions?.length === 0 && <p className="small">It takes every call.</p>}
        {!matched && (conditions ?? []).length === 0 && <p className="small">{missed}</p>}
        {conditions !== undefined && conditions.length > 0 && (
          <ul className="conditions">
            {conditions.map(({ field, wanted, found, held }) => (
              <li key={field} className={held ? 'held' : 'not-held'}>
                <code>{field}</code> {wanted}
                {!held && <span> — it is {found === '' ? 'nothing' : found}</span>}
              </li>
            ))}
          </ul>
        )}
        {transformed && (
          <p className="small">
            From here on <code>{transformed.calling}</code> calls <code>{transformed.called}</code>.
          </p>
        )}
        {transformed && <Variables of={variables} title="Variables here" />}
      </div>
    </li>
  );
}

function Variables({ of: variables, title }: { of: Readonly<Record<string, string>>; title: string }) {
  const entries = Object.entries(variables);
  if (entries.length === 0) return null;
  return (
    <details>
      <summary>{title}</summary>
      <dl className="variables">
        {entries.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

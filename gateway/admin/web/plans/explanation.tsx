import { useId } from 'react';
import type { TraceStep, Tried } from './api.ts';

/** What came of a call, to compare two. */
export const outcomeOf = ({ route }: Tried): string => JSON.stringify(route);

/** A decision in words, and the rules that were looked at. */
export function Explanation({ title, tried }: { title: string; tried: Tried }) {
  const heading = useId();
  const { trace, words } = tried;
  const decision = words.at(-1) ?? '';
  const variables = Object.entries(trace.variables);
  return (
    <section className="explanation" aria-labelledby={heading}>
      <h2 id={heading}>{title}</h2>
      <p className="decision">{decision}</p>
      <ol>
        {trace.steps.map((step, index) => (
          <Step key={`${index} ${step.rule}`} step={step} />
        ))}
      </ol>
      {trace.skipped > 0 && <p className="muted small">{trace.skipped} more rules could not match.</p>}
      {variables.length > 0 && (
        <details>
          <summary>Variables</summary>
          <dl className="variables">
            {variables.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </section>
  );
}

function Step({ step }: { step: TraceStep }) {
  const { rule, matched, missed, conditions = [], transformed } = step;
  return (
    <li className={matched ? 'matched' : 'missed'}>
      <span aria-hidden="true">{matched ? '✓' : '✗'}</span>
      <div>
        <strong>{rule}</strong>
        {conditions.length === 0 && <p className="small">{matched ? 'It takes every call.' : missed}</p>}
        <ul className="conditions">
          {conditions.map(({ field, wanted, found, held }) => (
            <li key={field} className={held ? 'held' : 'not-held'}>
              <code>{field}</code> {wanted}
              {!held && <span className="found"> — it is {found === '' ? 'nothing' : found}</span>}
            </li>
          ))}
        </ul>
        {transformed && (
          <p className="small">
            From here on <code>{transformed.calling}</code> calls <code>{transformed.called}</code>.
          </p>
        )}
      </div>
    </li>
  );
}

import { showDuration } from '../admin/times.ts';
import { inWords } from './step-words.ts';
import type { CallRecord } from './shapes.ts';

/** What the caller heard and chose, by the time since the call began. */
export function Steps({ call: { steps, startedAt } }: { call: CallRecord }) {
  const begun = Date.parse(startedAt);
  return (
    <section className="card" aria-labelledby="steps">
      <h2 id="steps">What the caller heard and chose</h2>
      {steps.length === 0 ? (
        <p className="muted">Nothing was asked of the caller.</p>
      ) : (
        <ol className="steps">
          {steps.map((step, index) => (
            <li key={`${index} ${step.at}`}>
              <span className="muted small">
                <span className="unseen">after </span>
                {showDuration(Date.parse(step.at) - begun)}
              </span>
              <span>{inWords(step)}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

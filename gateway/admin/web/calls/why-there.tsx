import { Link } from '../admin/navigation.tsx';
import { TraceSteps } from '../plans/trace-steps.tsx';
import { callPath } from './calls-table.tsx';
import { explainedBy, type Explained } from './explained.ts';
import type { ExplainedCall } from './shapes.ts';

/** Why a call went where it went, as its record tells. */
export function WhyThere({ call }: { call: ExplainedCall }) {
  return (
    <section className="card" aria-labelledby="why">
      <h2 id="why">Why it went there</h2>
      <Explanation explained={explainedBy(call.trace)} rule={call.rule} />
    </section>
  );
}

interface Props {
  readonly explained: Explained;
  readonly rule: string | null;
}

function Explanation({ explained, rule }: Props) {
  switch (explained.kind) {
    case 'plan':
      return (
        <>
          <p className="decision">{rule === null ? 'No rule took this call.' : `“${rule}” decided.`}</p>
          <TraceSteps {...explained} />
          {explained.version !== '' && (
            <p className="muted small">By the dial plan as it was then, version {explained.version}.</p>
          )}
        </>
      );
    case 'refused':
      return (
        <p>
          It was refused before a plan was asked. The caller was told {explained.status} {explained.text}.
        </p>
      );
    case 'flood':
      return (
        <>
          <p>They were refused within one minute, too fast to be kept one by one. They came from:</p>
          <ul className="sources">
            {explained.sources.map(([address, calls]) => (
              <li key={address}>
                <code>{address}</code>{' '}
                <span className="muted">{calls === 1 ? 'once' : `${calls} times`}</span>
              </li>
            ))}
          </ul>
        </>
      );
    case 'bridge':
      return (
        <p>
          A rule put a caller through: <Link to={callPath(explained.call)}>that caller’s call</Link> says
          which.
        </p>
      );
    case 'nothing':
      return <p className="muted">It ended before a plan was asked.</p>;
  }
}

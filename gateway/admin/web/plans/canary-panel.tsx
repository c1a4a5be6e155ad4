import { useCallback } from 'react';
import { showTime } from '../admin/times.ts';
import { Trouble } from '../admin/trouble.tsx';
import { useTask } from '../admin/use-task.ts';
import { Problem } from '../ask.ts';
import { usePolled } from '../use-polled.ts';
import { endCanary, fetchCanary, promoteCanary, type Canary, type PlanView, type Tally } from './api.ts';

const lookEveryMs = 2_000;

interface Props {
  readonly plan: PlanView;
  readonly onOver: (words: string) => Promise<void>;
}

/** How the try of a version goes, or how the last one went. */
export function CanaryPanel({ plan: { name, canary: running }, onOver }: Props) {
  const look = useCallback((signal: AbortSignal) => fetchCanary(name, signal), [name]);
  const canary = usePolled(look, running === null ? null : lookEveryMs);
  const task = useTask();
  if (canary.state === 'loading') return <p className="muted">One moment …</p>;
  if (canary.state === 'failed') {
    const none = canary.error instanceof Problem && canary.error.status === 404;
    return none ? <p className="muted">{help}</p> : <Trouble of={canary.error} />;
  }
  const { value } = canary;
  return (
    <>
      <p role="status">
        <strong>{stateInWords(value)}</strong>
      </p>
      <p className="muted small">
        Begun {showTime(value.startedAt)} by {value.startedBy}, for {forWhom(value)}; taken back when after{' '}
        {value.calls} calls more than {value.failureRate} % of them failed, and more than of the others.
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">Calls that are over</th>
            <th scope="col">All</th>
            <th scope="col">Failed</th>
          </tr>
        </thead>
        <tbody>
          <TallyRow title={`Version ${value.version}`} tally={value.candidate} />
          <TallyRow title="Present version" tally={value.rest} />
        </tbody>
      </table>
      {task.trouble !== null && <Trouble of={task.trouble} />}
      {value.state === 'running' && (
        <div className="buttons">
          <button
            type="button"
            disabled={task.busy}
            onClick={() =>
              void task.run(async () => {
                await endCanary(name);
                await onOver('The canary is taken back; all calls go the present way.');
              })
            }
          >
            Take it back
          </button>
          <button
            type="button"
            className="primary"
            disabled={task.busy}
            onClick={() =>
              void task.run(async () => {
                await promoteCanary(name);
                await onOver(`Version ${value.version} is in force for all new calls.`);
              })
            }
          >
            Use it for all calls
          </button>
        </div>
      )}
    </>
  );
}

const help =
  'No version is being tried. Publish one for some calls first: it is taken back by itself when too many of them fail.';

function TallyRow({ title, tally: { served, failed, failureRate } }: { title: string; tally: Tally }) {
  return (
    <tr>
      <th scope="row">{title}</th>
      <td>{served}</td>
      <td>
        {failed}
        {failureRate !== null && ` (${failureRate} %)`}
      </td>
    </tr>
  );
}

function forWhom({ share, numbers }: Canary): string {
  const whose = numbers.length === 0 ? 'calls' : `calls to ${numbers.join(', ')}`;
  return share === 100 ? `all ${whose}` : `${share} % of the ${whose}`;
}

function stateInWords({ state, version, reason, endedAt, endedBy }: Canary): string {
  const when = endedAt === null ? '' : ` on ${showTime(endedAt)}`;
  switch (state) {
    case 'running':
      return `Version ${version} is being tried.`;
    case 'promoted':
      return `Version ${version} was put in force for all${when} by ${endedBy ?? 'somebody'}.`;
    case 'ended':
      return `Version ${version} was taken back${when} by ${endedBy ?? 'somebody'}.`;
    case 'taken-back':
      return `Version ${version} was taken back by itself${when}: ${reason ?? 'too many calls failed'}.`;
  }
}

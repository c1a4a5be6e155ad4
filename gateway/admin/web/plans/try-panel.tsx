import { type SubmitEvent, useEffect, useRef, useState } from 'react';
import { Trouble } from '../admin/trouble.tsx';
import { useTask } from '../admin/use-task.ts';
import { tryCall } from './api.ts';
import { CallFields } from './call-fields.tsx';
import { type CallText, emptyCall, toCall } from './call-query.ts';
import { Explanation, outcomeOf } from './explanation.tsx';
import type { Tried } from './trials.ts';

interface Props {
  /** A text as if it were published; null: the plans in force alone. */
  readonly draft: { readonly name: string; readonly text: string } | null;
  /** Filled in, and tried at once; null: somebody types it. */
  readonly first: CallText | null;
}

interface Outcome {
  readonly draft: Tried | null;
  readonly inForce: Tried;
}

/** Where a call would go, and why: by the plans in force, and as if the text were published. */
export function TryPanel({ draft, first }: Props) {
  const [call, setCall] = useState(first ?? emptyCall);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const task = useTask();
  const look = async (): Promise<void> => {
    const wanted = toCall(call);
    const [inForce, tried] = await Promise.all([
      tryCall(wanted),
      draft === null ? null : tryCall(wanted, draft),
    ]);
    setOutcome({ inForce, draft: tried });
  };
  const atOnce = useRef(first !== null && first.called !== '' ? look : null);
  const { run } = task;
  useEffect(() => {
    const { current } = atOnce;
    atOnce.current = null;
    if (current !== null) void run(current);
  }, [run]);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    void run(look);
  };
  return (
    <>
      <form onSubmit={submit} className="fields grid">
        <CallFields call={call} onChange={(part) => setCall({ ...call, ...part })} />
        <div className="buttons whole">
          <button type="submit" className="primary" disabled={task.busy}>
            Try it
          </button>
        </div>
      </form>
      {task.trouble !== null && <Trouble of={task.trouble} />}
      {outcome !== null && task.trouble === null && <Outcomes {...outcome} />}
    </>
  );
}

function Outcomes({ draft, inForce }: Outcome) {
  if (draft === null) return <Explanation title="By the plans in force" tried={inForce} />;
  const same = outcomeOf(draft) === outcomeOf(inForce);
  return (
    <>
      <p className={same ? 'note' : 'note warn'} role="status">
        {same ? 'Your text changes nothing for this call.' : 'Your text changes where this call goes.'}
      </p>
      <Explanation title="With your text" tried={draft} />
      <Explanation title="By the plans in force" tried={inForce} />
    </>
  );
}

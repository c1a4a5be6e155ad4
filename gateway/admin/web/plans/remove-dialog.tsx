import { useEffect, useState } from 'react';
import { ConfirmDialog } from '../admin/confirm-dialog.tsx';
import { Trouble } from '../admin/trouble.tsx';
import { checkText, fetchPlan, removePlan, type Check, type PlanView } from './api.ts';
import { Changes } from './changes.tsx';

interface Props {
  readonly plan: PlanView;
  readonly onClose: () => void;
  readonly onRemoved: () => void;
}

/** What calls lose, named one by one, before it is gone. */
export function RemovePlan({ plan, onClose, onRemoved }: Props) {
  const outlook = useOutlook(plan);
  const remove = async (): Promise<void> => {
    await removePlan(plan.name, plan.etag);
    onRemoved();
  };
  return (
    <ConfirmDialog title={`Remove ${plan.name}?`} action="Remove" onClose={onClose} onConfirm={remove}>
      <p>{consequence(plan)}</p>
      {plan.enabled && outlook.check !== null && <Outlook check={outlook.check} plan={plan} />}
      {plan.enabled && outlook.check === null && outlook.trouble === null && (
        <p className="muted">Looking what changes …</p>
      )}
      {outlook.trouble !== null && <Trouble of={outlook.trouble} />}
      <p className="muted small">
        Its versions are kept: a new plan with the name {plan.name} has them, and can go back to them.
      </p>
    </ConfirmDialog>
  );
}

function consequence({ enabled, replaces }: PlanView): string {
  if (!enabled) return 'It is not in force, so nothing changes for calls.';
  if (replaces !== null)
    return `It stands for the file ${replaces}, which then counts again for all new calls.`;
  return 'It is in force: from then on no new call goes by its rules. Calls that are up go on.';
}

function Outlook({ check: { changes, problems }, plan }: { check: Check; plan: PlanView }) {
  // What has no name, as the plan's own language, goes with the rules.
  const named = changes.filter(({ name }) => name !== null);
  return (
    <>
      {named.length > 0 && <Changes changes={named} />}
      {problems.length > 0 && (
        <div className="note bad" role="alert">
          <p>
            <strong>The plans that are left would have mistakes</strong>, so it can’t be removed yet:
          </p>
          <ul className="plain">
            {problems.map(({ file, line, column, message, remedy }) => (
              <li key={`${file} ${line} ${column} ${message}`}>
                <code>{file === plan.name ? (plan.replaces ?? file) : `${file}, line ${line}`}</code>{' '}
                {message}. {remedy}
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

const nothing = 'version: 1\n';

/** As if it were empty, or the file's text that it stands for. */
function useOutlook({ name, enabled, replaces }: PlanView): { check: Check | null; trouble: unknown } {
  const [outlook, setOutlook] = useState<{ check: Check | null; trouble: unknown }>({
    check: null,
    trouble: null,
  });
  useEffect(() => {
    if (!enabled) return;
    const stop = new AbortController();
    const look = async (): Promise<Check> => {
      const after = replaces === null ? nothing : (await fetchPlan(replaces)).text;
      return checkText(name, after, stop.signal);
    };
    look().then(
      (check) => setOutlook({ check, trouble: null }),
      (trouble: unknown) => {
        if (!stop.signal.aborted) setOutlook({ check: null, trouble });
      },
    );
    return () => stop.abort();
  }, [name, enabled, replaces]);
  return outlook;
}

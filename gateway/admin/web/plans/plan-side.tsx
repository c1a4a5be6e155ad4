import { useQuery } from '../admin/navigation.tsx';
import { Tabs } from '../admin/tabs.tsx';
import { callOfQuery } from './call-query.ts';
import { CanaryPanel } from './canary-panel.tsx';
import { ChecksPanel } from './checks-panel.tsx';
import { TryPanel } from './try-panel.tsx';
import type { Checked } from './use-check.ts';
import { isChanged, type OpenPlan, type PlanState } from './use-plan.ts';
import { VersionsPanel } from './versions-panel.tsx';

interface Props {
  readonly plan: PlanState;
  readonly open: OpenPlan;
  readonly checked: Checked;
  readonly onDone: (news: string) => void;
  readonly goTo: (line: number, column: number) => void;
}

/** Beside the text: what is wrong with it, what it would do, what it was, and how a try of it goes. */
export function PlanSide({ plan, open, checked, onDone, goTo }: Props) {
  const { latest, draft } = open;
  const call = callOfQuery(useQuery());
  const problems = checked.check?.problems.length ?? 0;
  const differs = isChanged(open) || !latest.enabled;
  const checks = {
    id: 'checks',
    title: problems === 0 ? 'Checks' : `Checks (${problems})`,
    content: <ChecksPanel name={latest.name} checked={checked} goTo={goTo} />,
  };
  const trial = {
    id: 'try',
    title: 'Try a call',
    content: <TryPanel draft={differs ? { name: latest.name, text: draft.text } : null} first={call} />,
  };
  const versions = {
    id: 'versions',
    title: 'Versions',
    content: (
      <VersionsPanel
        plan={latest}
        onRolledBack={async (words) => {
          plan.published(await plan.refresh());
          onDone(words);
        }}
      />
    ),
  };
  const canary = {
    id: 'canary',
    title: 'Canary',
    content: (
      <CanaryPanel
        plan={latest}
        onOver={async (words) => {
          await plan.refresh();
          onDone(words);
        }}
      />
    ),
  };
  return (
    <aside aria-label="About this plan" className="side card">
      <Tabs
        label="About this plan"
        first={call === null ? undefined : 'try'}
        tabs={latest.owner === 'file' ? [checks, trial] : [checks, trial, versions, canary]}
      />
    </aside>
  );
}

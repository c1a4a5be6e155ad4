import type { PlanSummary } from './api.ts';

/** Whether a plan counts, whose it is, and what stands for what. */
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

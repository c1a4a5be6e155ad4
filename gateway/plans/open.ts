import { openPlanFolder } from '../../dialplans/folder.ts';
import { CanaryWatch } from './canary-watch.ts';
import { PlanChecker } from './checker/checker.ts';
import { loadOrCopy, PlanCopy, unknownPlans } from './copy.ts';
import { InForce } from './in-force.ts';
import type { PlansOptions } from './options.ts';
import { Plans } from './plans.ts';
import { PlanTables } from './tables.ts';

/**
 * The plans of files and database together: what is in force, and its changes. Throws `PlanError` when the plans
 * can't be used now, `PlanCheckFailed`, and what an embedded database says.
 */
export async function openPlans(options: PlansOptions): Promise<Plans> {
  const { log } = options;
  const tables = new PlanTables(options.db, options.outbox);
  const copy = options.copyFile === null ? null : new PlanCopy(options.copyFile, log);
  const checker = new PlanChecker(options);
  const closing = new AbortController();
  let plans: Plans | null = null;
  const folder = await openPlanFolder(options.folder, { log, onChange: () => plans?.filesChanged() });
  try {
    const { stored, away } = await loadOrCopy(tables, copy);
    if (away !== null)
      log.warn(
        { cause: away, revision: stored.revision },
        stored === unknownPlans
          ? 'database is away, and its plans are not known here: calls begin with those of files'
          : 'database is away, calls begin with its plans of the last time',
      );
    else void copy?.write(stored);
    const canary = new CanaryWatch((side, outcome) => options.onCanaryCall?.(side, outcome));
    const sources = { files: folder.files(), stored };
    const force = await InForce.open(checker, canary, sources, closing.signal);
    plans = new Plans(options, { tables, copy, checker, closing, canary, folder, force, away });
    // What has changed in the meantime nobody was told of.
    await folder.reload();
    await plans.filesChanged();
    return plans;
  } catch (error) {
    await folder.close();
    await checker.close();
    throw error;
  }
}

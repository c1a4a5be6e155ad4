import { checkPlan, type PlanCheck } from '../../dialplans/check.ts';
import type { PromptCatalog } from '../../dialplans/lint/prompts.ts';
import type { Fragments, PlanText } from '../../dialplans/units.ts';

/** The one check, for files and for plans of the database: of all texts together, with what they may include. */
export type Check = (texts: readonly PlanText[], fragments: Fragments) => PlanCheck;

/** @param prompts what there is when plans are checked; null: they may name prompts that are not there */
export function checkWith(prompts: (() => PromptCatalog) | null): Check {
  return (texts, fragments) => checkPlan(texts, { fragments, prompts: prompts === null ? null : prompts() });
}

import type { Resolution, Trace, TraceStep } from '../../dialplans/types.ts';
import { actionInWords } from '../../dialplans/words.ts';

/** A decision and how it came to be, in sentences: one for each rule that was looked at, then what the caller gets. */
export function inWords({ route, trace }: Resolution): string[] {
  return [
    ...trace.steps.map(stepInWords),
    route.rule === null
      ? 'No rule takes this call: it is refused with 404.'
      : `“${route.rule}” decides: the caller ${actionInWords(route.action)} (tenant ${route.tenant}).`,
  ];
}

/** The same of a call that is over, as far as its record tells. */
export function wordsOfTrace(
  { steps, skipped }: Pick<Trace, 'steps' | 'skipped'>,
  rule: string | null,
): string[] {
  return [
    ...steps.map(stepInWords),
    ...(skipped > 0 ? [`${skipped} rules for other calls were not looked at.`] : []),
    rule === null ? 'No rule took this call.' : `“${rule}” decided.`,
  ];
}

function stepInWords({ rule, matched, missed, transformed }: TraceStep): string {
  const changed = transformed ? ` From there on ${transformed.calling} calls ${transformed.called}.` : '';
  return matched ? `“${rule}”: all that it asks for holds.${changed}` : `“${rule}”: ${missed ?? 'missed'}.`;
}

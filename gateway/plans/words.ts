import type { Resolution, RouteAction, Trace, TraceStep } from '../../dialplans/types.ts';

/** A decision and how it came to be, in sentences: one for each rule that was looked at, then what the caller gets. */
export function inWords({ route, trace }: Resolution): string[] {
  return [
    ...trace.steps.map(stepInWords),
    route.rule === null
      ? 'No rule takes this call: it is refused with 404.'
      : `“${route.rule}” decides: ${actionInWords(route.action)} (tenant ${route.tenant}).`,
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

/** What a caller gets, in a few words. */
function actionInWords(action: RouteAction): string {
  switch (action.kind) {
    case 'ask-pin':
      return 'it is asked for a PIN';
    case 'join':
      return `it joins the room ${action.room}`;
    case 'menu':
      return `it hears the menu ${action.prompt}, with the keys ${Object.keys(action.options).join(', ')}`;
    case 'bridge':
      return `it is put through to ${action.number} by ${action.trunk}`;
    case 'reject':
      return `it is refused${action.code === null ? '' : ` with ${action.code}`}${action.text === null ? '' : ` (${action.text})`}`;
    case 'policy':
      return `the policy server at ${action.url} is asked`;
    case 'transfer':
      return `it is sent to ${action.to}`;
    case 'go-to':
      return `the plan is asked anew for ${action.called}`;
    case 'echo':
      return 'it hears itself';
    case 'play':
      return `it hears ${action.prompt}; then ${actionInWords(action.then)}`;
  }
}

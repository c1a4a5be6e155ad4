import { compileAction, hasReferences } from './actions.ts';
import { callVariables } from './rule.ts';
import { fillAction } from './fill.ts';
import { sharedClocks, type Report } from './names.ts';
import type { Plan } from './plan.ts';
import { action as actionSchema } from './schema/action.ts';
import { pathInWords, problemsOf } from './schema/issues.ts';
import type { CompileText } from './transforms.ts';
import type { Resolution, RouteAction } from './types.ts';

/** Deeper than any action that passes the schema. */
const maxDepth = 50;

/**
 * Reads what a policy service answers: an action as plans write it, as JSON. `${called}`, `${calling}` and `${trunk}`
 * may stand in its texts; secrets and another policy may not.
 */
export function readPolicyAnswer(
  plan: Plan,
  { route }: Resolution,
  trunk: string | null,
  answer: unknown,
):
  | { readonly action: RouteAction; readonly problems: null }
  | { readonly action: null; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const report: Report = (path, _code, message) => problems.push(`${pathInWords(path)}: ${message}`);
  const given = asTexts(answer, 0);
  const parsed = actionSchema.safeParse(given);
  if (!parsed.success) {
    const issues = parsed.error.issues.slice(0, 10).flatMap((issue) => problemsOf(issue, given));
    return {
      action: null,
      problems: issues.map(({ message }) => message.replace(/^the file/, 'the answer')),
    };
  }
  const compileText: CompileText = (text, path) => {
    const left = callVariables.reduce((rest, name) => rest.replaceAll(`\${${name}}`, ''), text);
    if (hasReferences(left))
      report(path, 'PLAN_UNKNOWN_VARIABLE', `only ${callVariables.join(', ')} are variables here`, '');
    return text;
  };
  const action = compileAction(parsed.data, [], {
    names: {
      trunks: new Map(plan.trunks.map((one) => [one.name, one])),
      holidays: new Map(),
      variables: {},
      secrets: new Map(),
      clock: sharedClocks(),
    },
    compileText,
    compileHeader: (text) => [text],
    report,
  });
  if (hasPolicy(action)) problems.push('a policy’s answer can’t ask another policy');
  if (problems.length > 0) return { action: null, problems };
  const brought = { called: route.called.user, calling: route.calling.user, trunk: trunk ?? 'none' };
  return { action: fillAction(action, brought), problems: null };
}

/** Plans know texts only. */
function asTexts(value: unknown, depth: number): unknown {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'object' || value === null || depth > maxDepth) return value;
  if (Array.isArray(value)) return value.map((one) => asTexts(one, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, asTexts(one, depth + 1)]));
}

function hasPolicy(action: RouteAction): boolean {
  return JSON.stringify(action).includes('"kind":"policy"');
}

import type { MenuChoice, Resolution, RouteAction, TraceStep } from './types.ts';

/** What an action does, in one line. */
export function actionInWords(action: RouteAction): string {
  switch (action.kind) {
    case 'ask-pin': {
      const asked = action.collect === 'pin' ? 'is asked for a PIN' : 'is asked for a meeting and its PIN';
      return action.languages.length > 1 ? `${asked}, in ${action.languages.join(' or ')}` : asked;
    }
    case 'join':
      return `joins the room “${action.room}” as ${action.role}`;
    case 'menu': {
      const keys = Object.entries(action.options).map(([key, choice]) => `${key}: ${choiceInWords(choice)}`);
      const late = action.timeout === null ? [] : [`no key: ${actionInWords(action.timeout)}`];
      return `hears the menu “${action.prompt}” (${[...keys, ...late].join('; ')})`;
    }
    case 'bridge':
      return (
        `is put through to ${action.number} by the trunk “${action.trunk}”` +
        (action.otherwise === null ? '' : `; when it is not answered, it ${actionInWords(action.otherwise)}`)
      );
    case 'reject':
      if (action.why === 'no-route') return 'is refused: no rule matches';
      return [
        action.prompt === null ? '' : `hears “${action.prompt}” and `,
        `is refused with ${action.code ?? 403}`,
        action.text === null ? '' : `: ${action.text}`,
      ].join('');
    case 'policy':
      return `goes as ${action.url} says; without its answer it ${actionInWords(action.fallback)}`;
    case 'transfer':
      return `is transferred to ${action.to}`;
    case 'go-to':
      return `goes on to ${action.called}`;
    case 'echo':
      return 'hears itself';
    case 'play':
      return `hears “${action.prompt}”, then ${actionInWords(action.then)}`;
  }
}

function choiceInWords(choice: MenuChoice): string {
  return choice.kind === 'back' || choice.kind === 'again' ? choice.kind : actionInWords(choice);
}

/** The decision in one line, for people. */
export function routeInWords({ route }: Resolution): string {
  const { rule, tenant, language, called, calling, action } = route;
  const by = rule === null ? '' : `, by the rule “${rule}”`;
  const spoken = language === null ? '' : `, ${language}`;
  return `A call from ${calling.user} to ${called.user} ${actionInWords(action)}${by} (tenant ${tenant}${spoken})`;
}

/** Why, rule by rule, for people. */
export function traceInWords({ trace }: Resolution): readonly string[] {
  const steps = trace.steps.flatMap((step, place) => stepInWords(step, place + 1));
  return trace.skipped === 0
    ? steps
    : [
        ...steps,
        `${trace.skipped} more rules missed; they are for other calls and were not looked at one by one`,
      ];
}

function stepInWords(step: TraceStep, place: number): string[] {
  const { rule, matched, missed, conditions = [], transformed, variables = {} } = step;
  const verdict = matched ? 'holds' : `misses: ${missed ?? ''}`;
  const becomes =
    transformed === undefined ? [] : [`   → called ${transformed.called}, calling ${transformed.calling}`];
  return [
    `${place}. “${rule}” ${verdict}`,
    ...conditions.map(
      ({ field, wanted, found, held }) =>
        `   ${held ? '✓' : '✗'} ${field} ${wanted}: ${found === '' ? '(empty)' : found}`,
    ),
    ...Object.entries(variables).map(([name, text]) => `   $${name} = ${text}`),
    ...becomes,
  ];
}

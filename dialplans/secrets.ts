import type { Plan } from './plan.ts';
import type { MenuChoice, RouteAction, SecretSource } from './types.ts';

/** The secrets that a plan's rules and trunks use, each once. */
export function secretsOf({ rules, trunks }: Plan): readonly SecretSource[] {
  const used = [
    ...rules.flatMap(({ action }) => (action === null ? [] : [...secretsIn(action)])),
    ...trunks.flatMap(({ auth }) => (auth === undefined ? [] : [auth.password])),
  ];
  return [...new Map(used.map((secret) => [JSON.stringify(secret), secret])).values()];
}

function* secretsIn(action: RouteAction | MenuChoice): Generator<SecretSource> {
  switch (action.kind) {
    case 'policy':
      for (const part of Object.values(action.headers).flat())
        if (typeof part !== 'string') yield part.secret;
      yield* secretsIn(action.fallback);
      return;
    case 'menu':
      for (const choice of Object.values(action.options)) yield* secretsIn(choice);
      if (action.timeout !== null) yield* secretsIn(action.timeout);
      return;
    case 'bridge':
      if (action.otherwise !== null) yield* secretsIn(action.otherwise);
      return;
    case 'play':
      yield* secretsIn(action.then);
      return;
    case 'again':
    case 'ask-pin':
    case 'back':
    case 'echo':
    case 'go-to':
    case 'join':
    case 'reject':
    case 'transfer':
  }
}

import { hasReferences, numberProblem, transferProblem } from './actions.ts';
import { roomNameProblem } from './rooms.ts';
import { fillIn } from './template.ts';
import type { HeaderValue, MenuChoice, RouteAction } from './types.ts';

type Variables = Readonly<Record<string, string>>;

/** Longest number that the plan is asked anew with. */
const maxNumber = 256;

export function rejection(why: 'no-route' | 'rejected', text: string | null): RouteAction {
  return { kind: 'reject', why, code: null, text, prompt: null };
}

/**
 * Fills in what the call brings. What makes no usable room, number or address becomes a rejection in its place: falling
 * through to a later rule would surprise whoever wrote this one.
 */
export function fillAction(action: RouteAction, variables: Variables): RouteAction {
  const inner = (one: RouteAction): RouteAction => fillAction(one, variables);
  const text = (source: string): string => fillIn(source, variables);
  switch (action.kind) {
    case 'ask-pin':
    case 'echo':
      return action;
    case 'join': {
      const room = text(action.room);
      return usable({ ...action, room }, roomNameProblem(room));
    }
    case 'reject':
      return { ...action, text: action.text === null ? null : oneLine(text(action.text)) };
    case 'menu':
      return {
        ...action,
        options: Object.fromEntries(
          Object.entries(action.options).map(([key, choice]) => [key, fillChoice(choice, variables)]),
        ),
        timeout: action.timeout && inner(action.timeout),
      };
    case 'bridge': {
      const number = text(action.number);
      const from = action.from === null ? null : text(action.from);
      const filled = {
        ...action,
        number,
        // Who calls is no reason not to call.
        from: from === null || numberProblem(from) === null ? from : null,
        otherwise: action.otherwise && inner(action.otherwise),
      };
      return usable(filled, numberProblem(number));
    }
    case 'policy':
      return { ...action, headers: fillHeaders(action.headers, variables), fallback: inner(action.fallback) };
    case 'transfer': {
      const to = fillIn(action.to, variables, inUri);
      return usable({ ...action, to }, transferProblem(to));
    }
    case 'go-to':
      return { ...action, called: text(action.called).slice(0, maxNumber) };
    case 'play':
      return { ...action, then: inner(action.then) };
  }
}

function fillChoice(choice: MenuChoice, variables: Variables): MenuChoice {
  return choice.kind === 'back' || choice.kind === 'again' ? choice : fillAction(choice, variables);
}

function usable(action: RouteAction, problem: string | null): RouteAction {
  return problem === null ? action : rejection('rejected', `Bad address: ${problem}`);
}

function fillHeaders(
  headers: Readonly<Record<string, HeaderValue>>,
  variables: Variables,
): Readonly<Record<string, HeaderValue>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, parts]) => [
      name,
      parts.map((part) =>
        typeof part === 'string' && hasReferences(part) ? oneLine(fillIn(part, variables)) : part,
      ),
    ]),
  );
}

/** Captured text must not break out of the header that will carry it. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, 128);
}

/** RFC 3261 §25.1: what may stand in the user part of a URI; a caller must not add parameters or headers to it. */
function inUri(text: string): string {
  return text.replace(/[^A-Za-z0-9\-_.!~*'()+]/gu, (character) =>
    [...Buffer.from(character)]
      .map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`)
      .join(''),
  );
}

import type { PlanNames, Report } from './names.ts';
import { knownNames } from './nearest.ts';
import { roomNameProblem } from './rooms.ts';
import type { ActionSource, MenuOptionSource, MenuSource, ViewSource } from './schema/action.ts';
import type { CompileText } from './transforms.ts';
import type { HeaderValue, MenuChoice, RouteAction, RoomView } from './types.ts';
import type { NodePath } from './yaml.ts';

/** Menus within menus; who is deeper has lost the way. */
const maxMenuDepth = 8;

export interface ActionContext {
  readonly names: PlanNames;
  /** Fills in what the plan itself says; what a call brings stays as `${name}` until it comes. */
  readonly compileText: CompileText;
  /** The same for a header's value, in which secrets may stand. */
  readonly compileHeader: (text: string, path: NodePath) => HeaderValue;
  readonly report: Report;
}

/** Checks an action and all within it. The texts of what comes out may still have references to fill in. */
export function compileAction(
  source: ActionSource,
  path: NodePath,
  context: ActionContext,
  menus = 0,
): RouteAction {
  const inner = (action: ActionSource | undefined, ...below: NodePath): RouteAction | null =>
    action === undefined ? null : compileAction(action, [...path, ...below], context, menus);
  const { 'ask-pin': askPin, join, menu, bridge, reject, policy, transfer, 'go-to': goTo, play } = source;
  if (askPin !== undefined) return compileAskPin(askPin);
  if (join !== undefined) return compileJoin(join, [...path, 'join'], context);
  if (menu !== undefined) return compileMenu(menu, [...path, 'menu'], context, menus + 1);
  if (bridge !== undefined) {
    return compileBridge(
      bridge,
      inner(bridge.otherwise, 'bridge', 'otherwise'),
      [...path, 'bridge'],
      context,
    );
  }
  if (reject !== undefined) {
    const text =
      reject.text === undefined ? null : context.compileText(reject.text, [...path, 'reject', 'text']);
    return {
      kind: 'reject',
      why: 'rejected',
      code: reject.code ?? null,
      text,
      prompt: reject.prompt ?? null,
    };
  }
  if (policy !== undefined) return compilePolicy(policy, [...path, 'policy'], context, menus);
  if (transfer !== undefined) {
    const to = context.compileText(transfer.to, [...path, 'transfer', 'to']);
    refuseUnusable(to, transferProblem, [...path, 'transfer', 'to'], context.report);
    return { kind: 'transfer', to };
  }
  if (goTo !== undefined) {
    return { kind: 'go-to', called: context.compileText(goTo.called, [...path, 'go-to', 'called']) };
  }
  if (play !== undefined) {
    return {
      kind: 'play',
      prompt: play.prompt,
      then: compileAction(play.then, [...path, 'play', 'then'], context, menus),
    };
  }
  return { kind: 'echo' };
}

function compileAskPin(source: NonNullable<ActionSource['ask-pin']>): RouteAction {
  const { welcome, ask, wrong } = source.prompts ?? {};
  return {
    kind: 'ask-pin',
    prompts: { welcome: welcome ?? null, ask: ask ?? null, wrong: wrong ?? null },
    languages: [...new Set(source.languages)],
    tries: source.tries ?? null,
    seconds: source.seconds ?? null,
    collect: source.collect ?? 'pin',
    view: viewOf(source),
  };
}

function compileJoin(
  source: NonNullable<ActionSource['join']>,
  path: NodePath,
  { compileText, report }: ActionContext,
): RouteAction {
  const room = compileText(source.room, [...path, 'room']);
  const wrong = hasReferences(room) ? null : roomNameProblem(room);
  if (wrong !== null) report([...path, 'room'], 'PLAN_BAD_ROOM', wrong, 'Choose another name.');
  return {
    kind: 'join',
    room,
    role: source.role ?? 'guest',
    waitForHost: source.waitForHost ?? null,
    meetingsOnly: source.meetingsOnly ?? false,
    view: viewOf(source),
  };
}

function compileMenu(source: MenuSource, path: NodePath, context: ActionContext, depth: number): RouteAction {
  if (depth > maxMenuDepth) {
    const message = `menus stand within each other more than ${maxMenuDepth} deep`;
    context.report(
      path,
      'PLAN_MENU_DEPTH',
      message,
      'Use go-to with a number that leads to a menu of its own.',
    );
  }
  const options = Object.entries(source.options).map(([key, option]) => [
    key,
    compileOption(option, [...path, 'options', key], context, depth),
  ]);
  const { timeout } = source;
  return {
    kind: 'menu',
    prompt: source.prompt,
    tries: source.tries ?? 3,
    seconds: source.seconds ?? 8,
    options: Object.fromEntries(options) as Record<string, MenuChoice>,
    timeout: timeout === undefined ? null : compileAction(timeout, [...path, 'timeout'], context, depth),
  };
}

function compileOption(
  option: MenuOptionSource,
  path: NodePath,
  context: ActionContext,
  depth: number,
): MenuChoice {
  if (option.again !== undefined) return { kind: 'again' };
  if (option.back === undefined) return compileAction(option, path, context, depth);
  if (depth === 1) {
    const remedy = 'Use again to say this menu again.';
    context.report(path, 'PLAN_NO_MENU_ABOVE', 'there is no menu above this one to go back to', remedy);
  }
  return { kind: 'back' };
}

function compileBridge(
  source: NonNullable<ActionSource['bridge']>,
  otherwise: RouteAction | null,
  path: NodePath,
  { names, compileText, report }: ActionContext,
): RouteAction {
  const trunk = names.trunks.get(source.trunk);
  if (trunk === undefined) {
    const remedy = `${knownNames(source.trunk, names.trunks.keys())} Trunks are defined under "trunks".`;
    report([...path, 'trunk'], 'PLAN_UNKNOWN_TRUNK', `there is no trunk "${source.trunk}"`, remedy);
  } else if (trunk.to === undefined) {
    const message = `no calls can go out by the trunk "${source.trunk}"`;
    report([...path, 'trunk'], 'PLAN_TRUNK_ONE_WAY', message, 'Give the trunk "to: sip:…".');
  }
  const number = compileText(source.number ?? '${called}', [...path, 'number']);
  refuseUnusable(number, numberProblem, [...path, 'number'], report);
  const from = source.from === undefined ? null : compileText(source.from, [...path, 'from']);
  if (from !== null) refuseUnusable(from, numberProblem, [...path, 'from'], report);
  return {
    kind: 'bridge',
    trunk: source.trunk,
    number,
    from,
    dtmf: source.dtmf ?? null,
    seconds: source.seconds ?? 60,
    otherwise,
  };
}

function compilePolicy(
  source: NonNullable<ActionSource['policy']>,
  path: NodePath,
  context: ActionContext,
  menus: number,
): RouteAction {
  const url = context.compileText(source.url, [...path, 'url']);
  if (hasReferences(url)) {
    const message = 'the address of a policy can’t depend on the call';
    const remedy = 'Use "variables" of the plan only; the call’s facts are in what is posted.';
    context.report([...path, 'url'], 'PLAN_BAD_TEMPLATE', message, remedy);
  }
  const headers = Object.entries(source.headers ?? {}).map(([name, text]) => [
    name,
    context.compileHeader(text, [...path, 'headers', name]),
  ]);
  return {
    kind: 'policy',
    url,
    timeoutMs: source.timeoutMs ?? 2000,
    headers: Object.fromEntries(headers) as Record<string, HeaderValue>,
    fallback: compileAction(source.fallback, [...path, 'fallback'], context, menus),
  };
}

function viewOf({ layout, ownPicture }: ViewSource): RoomView {
  return Object.freeze({ layout: layout ?? null, ownPicture: ownPicture ?? null });
}

export function hasReferences(text: string): boolean {
  return text.includes('${');
}

/** With references in it, a text is only known per call. */
function refuseUnusable(
  text: string,
  problem: (text: string) => string | null,
  path: NodePath,
  report: Report,
): void {
  const wrong = hasReferences(text) ? null : problem(text);
  if (wrong !== null) report(path, 'PLAN_BAD_NUMBER', wrong, remedyFor(text));
}

/** For a number or an address that is no URI. */
function remedyFor(text: string): string {
  const bare = text.replace(/[\s\-.()/]/g, '');
  if (/^\+?\d+$/.test(bare)) return text === bare ? `Write tel:${text}.` : `Write ${bare}.`;
  return /^[^\s@:]+@[^\s@]+$/.test(text) ? `Write sip:${text}.` : 'Change the value.';
}

/** What makes a text unusable as a number to call; null: nothing does. */
export function numberProblem(number: string): string | null {
  return /^\+?[A-Za-z0-9*#._-]{1,64}$/.test(number)
    ? null
    : 'a number to call has letters, digits, *, #, dots and dashes only, after a plus sign perhaps';
}

/** What makes a text unusable as the target of a transfer; null: nothing does. */
export function transferProblem(to: string): string | null {
  const uri = /^(?:sips?:(?:[^\s<>"@?]+@)?[A-Za-z0-9.[\]:-]+(?:;[^\s<>"?]*)?|tel:\+?[0-9*#]{1,32})$/i;
  return to.length <= 512 && uri.test(to)
    ? null
    : 'a transfer goes to a SIP or tel URI, such as sip:reception@example.com or tel:+4930901820';
}

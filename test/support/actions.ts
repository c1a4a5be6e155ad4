/** What a dial plan may say, in few words. */
import type { MenuChoice, RouteAction } from '../../dialplans/types.ts';

type Action<K extends RouteAction['kind']> = Extract<RouteAction, { readonly kind: K }>;

export function menuOf(
  options: Readonly<Record<string, MenuChoice>>,
  more: Partial<Omit<Action<'menu'>, 'kind' | 'options'>> = {},
): Action<'menu'> {
  return { kind: 'menu', prompt: 'reception', tries: 2, seconds: 8, options, timeout: null, ...more };
}

export function rejectWith(more: Partial<Omit<Action<'reject'>, 'kind'>> = {}): Action<'reject'> {
  return { kind: 'reject', why: 'rejected', code: null, text: null, prompt: null, ...more };
}

export function policyAt(url: string, fallback: RouteAction, timeoutMs = 1000): Action<'policy'> {
  return { kind: 'policy', url, timeoutMs, headers: {}, fallback };
}

export function transferTo(to: string): Action<'transfer'> {
  return { kind: 'transfer', to };
}

export function goTo(called: string): Action<'go-to'> {
  return { kind: 'go-to', called };
}

export function playThen(prompt: string, then: RouteAction): Action<'play'> {
  return { kind: 'play', prompt, then };
}

import type { CallInput, Resolution, RouteAction } from '../../dialplans/types.ts';
import type { CallFacts, Leg } from '../ports.ts';

/** A call's decision and the plan that made it, which the call keeps whatever is published meanwhile. */
export interface Routing {
  readonly resolution: Resolution;
  /** Where a `go-to` leads. */
  again(before: Resolution, called: string): Resolution;
  /** What a policy says to do; or in words why that can't be done. */
  read(answer: unknown, before: Resolution): RouteAction | string;
}

/** What a dial plan looks at. */
export function inputOf(facts: CallFacts, nowMs: number): CallInput {
  return {
    protocol: facts.protocol,
    transport: facts.transport,
    trunk: facts.trunk,
    called: { user: facts.to.user, uri: facts.to.uri },
    calling: { user: facts.from.user, uri: facts.from.uri },
    source: facts.source.address,
    // There is no registrar yet.
    registered: false,
    verstat: facts.verstat,
    headers: facts.headers,
    language: facts.language,
    at: nowMs,
  };
}

/** What a policy is told of a call. */
export function questionOf(
  { id, facts, dialog }: Pick<Leg, 'id' | 'facts' | 'dialog'>,
  { route }: Resolution,
  nowMs: number,
): Readonly<Record<string, unknown>> {
  const { source: _source, at: _at, called: _called, calling: _calling, ...input } = inputOf(facts, nowMs);
  const { tenant, rule, called, calling } = route;
  return {
    version: 1,
    call: id,
    ...{ tenant, rule, called, calling },
    // As they came; the plan may have rewritten them.
    from: { user: facts.from.user, uri: facts.from.uri, name: facts.from.displayName },
    to: { user: facts.to.user, uri: facts.to.uri },
    source: facts.source.address,
    ...input,
    answered: dialog !== null,
    at: new Date(nowMs).toISOString(),
  };
}

import type { Routing } from '../../gateway/calls/routing.ts';
import type { CallInput, Resolution, RoomView, Route, RouteAction } from '../../dialplans/types.ts';

/** A Monday, 10:00 in Berlin, 09:00 UTC. */
export const mondayMorning = Date.parse('2026-11-30T10:00:00+01:00');

/** What a dial plan knows of an ordinary phone call to `user`. */
export function callTo(user: string, more: Partial<CallInput> = {}): CallInput {
  return {
    protocol: 'sip',
    transport: 'udp',
    trunk: null,
    called: { user, uri: `sip:${user}@gateway.example` },
    calling: { user: '+493012345', uri: 'sip:+493012345@carrier.example' },
    source: '192.0.2.1',
    registered: false,
    verstat: 'none',
    headers: {},
    language: null,
    at: mondayMorning,
    ...more,
  };
}

/** Of a rule that says nothing of it. */
export const plainView: RoomView = { layout: null, ownPicture: null };

/** A rule that asks for a PIN and says nothing else. */
export const plainAskPin: Extract<RouteAction, { readonly kind: 'ask-pin' }> = {
  kind: 'ask-pin',
  prompts: { welcome: null, ask: null, wrong: null },
  languages: [],
  tries: null,
  seconds: null,
  collect: 'pin',
  view: plainView,
};

export function joinRoom(room: string, view = plainView): Extract<RouteAction, { kind: 'join' }> {
  return { kind: 'join', room, role: 'guest', waitForHost: null, meetingsOnly: false, view };
}

export const noRoute: RouteAction = { kind: 'reject', why: 'no-route', code: null, text: null, prompt: null };

/** What a plan might have decided. */
export function decided(action: RouteAction, more: Partial<Route> = {}): Resolution {
  const { called, calling } = callTo('1000');
  return {
    route: { tenant: 'default', rule: 'all', language: null, called, calling, brand: null, action, ...more },
    trace: { plan: 'test', version: '1', steps: [], skipped: 0, variables: {} },
    hops: 0,
  };
}

/** A plan that has decided, and says the same whenever it is asked anew. */
export function routed(resolution: Resolution, more: Partial<Routing> = {}): Routing {
  return {
    resolution,
    again: () => ({ ...resolution, hops: resolution.hops + 1 }),
    read: () => 'no policy is understood here',
    ...more,
  };
}

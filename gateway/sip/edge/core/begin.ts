import { serialize } from '../message/serialize.ts';
import type { ClientUser } from '../transactions/types.ts';
import type { Peer } from '../transport/types.ts';
import { composeAgain } from './compose.ts';
import type { Context, Outgoing } from './context.ts';
import type { Target } from './send.ts';

/** Begins the transaction; when there is nowhere to send to, it fails like one that could not send. */
export function begin(context: Context, outgoing: Outgoing, target: Target, user: ClientUser): void {
  if (target.ok) tryServer(context, outgoing, target.peer, target.others, user);
  else {
    user.onTransportError(target.error);
    user.onTerminated();
  }
}

/**
 * RFC 3263 §4.3: a server that can't be reached, says 503 or says nothing hands over to the next. One that has shown
 * that it works on the request keeps it.
 */
function tryServer(
  context: Context,
  outgoing: Outgoing,
  peer: Peer,
  others: readonly Peer[],
  user: ClientUser,
): void {
  let working = false;
  let handedOver = false;
  const handOver = (): boolean => {
    const [next, ...rest] = others;
    if (working || others.length === 0 || outgoing.cancelled) return false;
    handedOver = true;
    context.counters.failovers++;
    outgoing.peer = next;
    outgoing.request = composeAgain(outgoing.request, next, context.identity);
    outgoing.bytes = serialize(outgoing.request);
    outgoing.provisional = false;
    tryServer(context, outgoing, next, rest, user);
    return true;
  };
  outgoing.transaction = context.layer.client(outgoing.request, outgoing.bytes, peer, {
    onResponse: (response) => {
      if (handedOver || (response.status === 503 && handOver())) return;
      working ||= response.status > 100;
      user.onResponse(response);
    },
    onTimeout: () => {
      if (!handOver()) user.onTimeout();
    },
    onTransportError: (error) => {
      if (!handOver()) user.onTransportError(error);
    },
    onTerminated: () => {
      if (!handedOver) user.onTerminated();
    },
  });
  outgoing.transaction.start();
}

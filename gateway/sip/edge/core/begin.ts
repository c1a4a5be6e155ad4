import { serialize } from '../message/serialize.ts';
import { noTimer } from '../timers.ts';
import type { ClientTransaction, ClientUser } from '../transactions/types.ts';
import type { Peer } from '../transport/types.ts';
import { composeAgain } from './compose.ts';
import type { Context, Outgoing } from './context.ts';
import type { Target } from './send.ts';

/**
 * Whoever has an INVITE says so within 200 ms (RFC 3261 §17.2.1). After some repetitions without a word its server counts
 * as gone; a caller would not wait for timer B.
 */
const quietMs = 6_000;

/** Takes over what a server may still say to an INVITE that is not its any more. */
export type Abandon = (outgoing: Outgoing, transaction: ClientTransaction) => ClientUser;

/**
 * Begins the transaction; when there is nowhere to send to, it fails like one that could not send. With `abandon` it is
 * an INVITE that does not wait for a server that says nothing at all.
 */
export function begin(
  context: Context,
  outgoing: Outgoing,
  target: Target,
  user: ClientUser,
  abandon?: Abandon,
): void {
  if (target.ok) tryServer({ context, outgoing, user, abandon }, target.peer, target.others);
  else {
    user.onTransportError(target.error);
    user.onTerminated();
  }
}

interface Sending {
  readonly context: Context;
  readonly outgoing: Outgoing;
  readonly user: ClientUser;
  readonly abandon: Abandon | undefined;
}

/**
 * RFC 3263 §4.3: a server that can't be reached, says 503 or says nothing hands over to the next. One that has shown
 * that it works on the request keeps it.
 */
function tryServer(sending: Sending, peer: Peer, others: readonly Peer[]): void {
  const { context, outgoing, user, abandon } = sending;
  let working = false;
  let handedOver = false;
  let heir: ClientUser | null = null;
  let stopWaiting = noTimer;
  const handOver = (): boolean => {
    const [next, ...rest] = others;
    if (working || others.length === 0 || outgoing.cancelled) return false;
    handedOver = true;
    context.counters.failovers++;
    outgoing.peer = next;
    outgoing.request = composeAgain(outgoing.request, next, context.identity);
    outgoing.bytes = serialize(outgoing.request);
    outgoing.provisional = false;
    tryServer(sending, next, rest);
    return true;
  };
  const transaction = context.layer.client(outgoing.request, outgoing.bytes, peer, {
    onResponse: (response) => {
      stopWaiting();
      if (heir) heir.onResponse(response);
      if (handedOver || (response.status === 503 && handOver())) return;
      working ||= response.status > 100;
      user.onResponse(response);
    },
    onTimeout: () => {
      heir?.onTimeout();
      if (!handedOver && !handOver()) user.onTimeout();
    },
    onTransportError: (error) => {
      heir?.onTransportError(error);
      if (!handedOver && !handOver()) user.onTransportError(error);
    },
    onTerminated: () => {
      stopWaiting();
      heir?.onTerminated();
      if (!handedOver) user.onTerminated();
    },
  });
  outgoing.transaction = transaction;
  if (abandon)
    stopWaiting = context.timers.after(quietMs, () => {
      heir = abandon(outgoing, transaction);
      if (handOver()) return;
      handedOver = true;
      user.onTimeout();
      user.onTerminated();
    });
  transaction.start();
}

import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import type { App, Outcome } from '../admin/types.ts';
import type { Dialog } from '../dialogs/dialog.ts';
import { route } from '../dialogs/routes.ts';
import { newTag } from '../ids.ts';
import { serialize } from '../message/serialize.ts';
import type { SipRequest, SipResponse } from '../message/types.ts';
import { parseUri, schemeOf } from '../message/uri.ts';
import type { ClientUser } from '../transactions/types.ts';
import { isWebSocket } from '../transport/kinds.ts';
import { TransportError } from '../transport/types.ts';
import type { Peer } from '../transport/types.ts';
import type { Context, Outgoing } from './context.ts';
import { reportFailure, reportResponse, sentRequestMeta } from './report.ts';

/** Where a peer is, or why nobody can say. */
export type Target =
  | {
      readonly ok: true;
      readonly peer: Peer;
      /** For when it fails, in this order (RFC 3263 §4.3). */
      readonly others: readonly Peer[];
    }
  | { readonly ok: false; readonly error: TransportError };

export const nowhere: Peer = { transport: 'udp', address: '', port: 0 };

export async function resolve({ wire }: Pick<Context, 'wire'>, uri: string): Promise<Target> {
  try {
    const [peer, ...others] = await wire.resolve(uri);
    return { ok: true, peer, others };
  } catch (error) {
    if (error instanceof TransportError) return { ok: false, error };
    const text = 'a target that is no SIP URI';
    return { ok: false, error: new TransportError('TRANSPORT_UNSUPPORTED', text, undefined, error) };
  }
}

/** Where a request in a dialog goes. */
export async function resolveInDialog(context: Context, dialog: Dialog): Promise<Target> {
  const { flow, routeSet, remoteTarget } = dialog;
  const { nextHop } = route(remoteTarget, routeSet);
  const connected = context.wire.isConnected(flow);
  // A WebSocket's client can't be called, whatever it names (RFC 7118 §5); nor can who asks to be reached by its own
  // connection (RFC 5626 §5.3). Of a proxy that has put itself on the way the same is true.
  if (isWebSocket(flow.transport) || (connected && wantsFlow(nextHop))) return stay(flow);
  // Few who call by TLS could be called: a phone has no certificate. The connection is as good as its INVITE was.
  if (connected && flow.transport === 'tls' && routeSet.length === 0) return stay(flow);
  if (context.natRepair && routeSet.length === 0 && isBehindNat(nextHop, flow)) return stay(flow);
  const target = await resolve(context, nextHop);
  if (!target.ok) return target;
  const { peer, others } = target;
  // A caller behind a firewall is reached by the connection that it opened.
  const same = [peer, ...others].find(
    ({ transport, address }) => transport === flow.transport && address === flow.address,
  );
  if (!connected || same === undefined) return target;
  return { ok: true, peer: { ...same, connection: flow.connection }, others };
}

function stay(flow: Peer): Target {
  return { ok: true, peer: flow, others: [] };
}

function wantsFlow(uri: string): boolean {
  return schemeOf(uri).startsWith('sip') && parseUri(uri).params.has('ob');
}

/** The peer names a private address (RFC 1918, RFC 4193 …) but came from a public one. */
function isBehindNat(uri: string, flow: Peer): boolean {
  if (!schemeOf(uri).startsWith('sip')) return false;
  const { host } = parseUri(uri);
  return isIP(host) > 0 && isPrivate(host) && !isPrivate(flow.address);
}

function isPrivate(address: string): boolean {
  if (address.includes(':')) return /^(?:f[cd]|fe[89ab])/i.test(address) || address === '::1';
  return /^(?:10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/.test(
    address,
  );
}

export interface Start {
  readonly app: App | undefined;
  readonly request: SipRequest;
  readonly target: Target;
  readonly dialogId: string;
  readonly inDialog: boolean;
  readonly dialog?: Dialog;
}

export function newOutgoing(context: Context, facts: Start): Outgoing {
  const outgoing: Outgoing = {
    txnId: randomUUID(),
    app: facts.app,
    request: facts.request,
    bytes: serialize(facts.request),
    peer: facts.target.ok ? facts.target.peer : nowhere,
    dialogId: facts.dialogId,
    inDialog: facts.inDialog,
    dialog: facts.dialog,
    transaction: undefined,
    provisional: false,
    finalStatus: undefined,
    cancelled: false,
    sendCancel: undefined,
    acknowledgements: new Map(),
  };
  context.outgoing.set(outgoing.txnId, outgoing);
  return outgoing;
}

/** What the app is told of a request that was sent. */
export function sentOutcome(context: Context, outgoing: Outgoing): Outcome {
  const { peer, bytes, txnId, dialogId } = outgoing;
  return { ok: true, meta: sentRequestMeta(context, peer, bytes.length), txnId, dialogId, message: bytes };
}

/** The user of a non-INVITE client transaction: hands responses and failures on. */
export function plainUser(
  context: Context,
  outgoing: Outgoing,
  onFinal: (status: number, response: SipResponse | undefined) => void = () => undefined,
): ClientUser {
  const fail = (status: number): void => {
    outgoing.finalStatus = status;
    reportFailure(context, outgoing, status, newTag());
    onFinal(status, undefined);
  };
  return {
    onResponse: (response) => {
      // A 100 says only that the next hop has it.
      if (response.status === 100) return;
      reportResponse(context, outgoing, response, outgoing.dialogId);
      if (response.status < 200) return;
      outgoing.finalStatus = response.status;
      onFinal(response.status, response);
    },
    onTimeout: () => fail(408),
    onTransportError: () => fail(503),
    onTerminated: () => context.outgoing.delete(outgoing.txnId),
  };
}

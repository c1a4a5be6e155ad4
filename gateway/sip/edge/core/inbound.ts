import { tagOf } from '../message/address.ts';
import { responseTo } from '../message/build.ts';
import { serialize } from '../message/serialize.ts';
import { unsupportedExtensions } from '../message/validate.ts';
import { newTag } from '../ids.ts';
import type { Inbound } from '../transactions/layer.ts';
import type { ServerUser } from '../transactions/types.ts';
import { dialogIdOf } from '../dialogs/dialog.ts';
import { usableContact } from '../dialogs/routes.ts';
import type { Context } from './context.ts';
import { receiveInDialog } from './in-dialog.ts';
import { nobody, refuse } from './refuse.ts';
import { fromUri, refuseIncoming, reportCancelled, takeIn, userOf } from './incoming.ts';
import { cdrAttempt, cdrStop, reportRequest } from './report.ts';
import { dialogOnly, knownMethods, supportedExtensions } from './rules.ts';

/** A new request from the wire: RFC 3261 §8.2. */
export function receiveRequest(context: Context, inbound: Inbound): ServerUser {
  const { request } = inbound;
  if (request.method === 'CANCEL') return receiveCancel(context, inbound);
  const inDialog = tagOf(request.headers.get('To')) !== undefined;
  const route = request.method.toLowerCase();
  if (!knownMethods.has(request.method) && (inDialog || !context.apps.has(route))) {
    context.counters.invalid++;
    return refuse(inbound, 405, (response) => response.headers.set('Allow', context.allow.join(', ')));
  }
  const unsupported = unsupportedExtensions(request, supportedExtensions);
  if (unsupported.length > 0) {
    context.counters.invalid++;
    return refuse(inbound, 420, (response) => response.headers.set('Unsupported', unsupported.join(', ')));
  }
  if (inDialog) return receiveInDialog(context, inbound);
  if (dialogOnly.has(request.method)) return refuse(inbound, 481);
  if (context.identity.isLoop(request)) {
    context.counters.invalid++;
    return refuse(inbound, 482);
  }
  return receiveOutside(context, inbound, route);
}

function receiveOutside(context: Context, inbound: Inbound, route: string): ServerUser {
  const { request, transaction } = inbound;
  const isInvite = request.method === 'INVITE';
  const full = context.dialogs.size + context.incoming.size >= context.limits.maxDialogs;
  if (isInvite && (full || context.closing)) {
    context.counters.overloaded++;
    return refuse(inbound, 503, (response) => response.headers.set('Retry-After', '5'));
  }
  // Apps know a dialog by Call-ID and From tag: a second call must not have those of a live one.
  if (isInvite && context.dialogs.byId(dialogIdOf(request))) {
    context.counters.merged++;
    return refuse(inbound, 482);
  }
  if (isInvite && !repairContact(inbound)) {
    context.counters.invalid++;
    return refuse(inbound, 400);
  }
  const app = context.apps.pick(route);
  if (!app) {
    context.counters.noRoute++;
    return refuse(inbound, 503);
  }
  if (isInvite) transaction.respond(100, serialize(responseTo(request, 100)));
  const incoming = takeIn(context, inbound, app, undefined);
  const bytes = serialize(request);
  if (isInvite) cdrAttempt(context, 'network', bytes);
  reportRequest(context, incoming, bytes);
  return userOf(context, incoming);
}

/**
 * RFC 3261 §8.1.1.8 wants a Contact in an INVITE; of an RFC 2543 caller the From tells where it is, and apps get
 * that as its Contact. False: there is one that nobody could call.
 */
function repairContact({ request }: Inbound): boolean {
  if (!request.headers.has('Contact')) request.headers.append('Contact', `<${fromUri(request)}>`);
  return usableContact(request) !== undefined;
}

/** RFC 3261 §9.2. */
function receiveCancel(context: Context, inbound: Inbound): ServerUser {
  const { request, cancelled, transaction } = inbound;
  if (!cancelled) return refuse(inbound, 481);
  const incoming = context.incomingOf.get(cancelled);
  transaction.respond(200, serialize(responseTo(request, 200, undefined, incoming?.localTag ?? newTag())));
  // After a final response a CANCEL has no effect; a caller that got a 2xx ends the call by BYE.
  if (!incoming || incoming.final) return nobody;
  refuseIncoming(context, incoming, 487);
  reportCancelled(context, incoming, request);
  if (!incoming.inDialog) cdrStop(context, 'network', 'call-canceled', incoming.request);
  return nobody;
}

import type { AppRequest, AppResponse } from '../admin/types.ts';
import { tagOf, withTag } from '../message/address.ts';
import { responseTo } from '../message/build.ts';
import { headerKey } from '../message/names.ts';
import { Headers } from '../message/headers.ts';
import { reasonPhrase } from '../message/reasons.ts';
import type { SipRequest, SipResponse } from '../message/types.ts';
import { newBranch, newCallId, newSequence, newTag } from '../ids.ts';
import { viaFor } from '../transport/routing.ts';
import type { Dialog } from '../dialogs/dialog.ts';
import { route } from '../dialogs/routes.ts';
import type { Identity, Towards } from './identity.ts';
import { carriesContact } from './rules.ts';

/** What a response takes from its transaction, not from the app. */
const ofTransaction = new Set([
  'via',
  'from',
  'to',
  'call-id',
  'cseq',
  'route',
  'record-route',
  'rseq',
  'content-length',
]);
const ofDialog = new Set(['via', 'from', 'to', 'call-id', 'cseq', 'route', 'record-route', 'content-length']);
const ofRequest = new Set(['via', 'record-route', 'content-length']);
/** Here an app may write `localhost` for our own address. */
const ownHost = new Set(['from', 'to', 'contact', 'p-asserted-identity']);

const sdpStart = Buffer.from('v=0');

/** A body without Content-Type that looks like SDP is SDP; false: it is anything, and nobody says what. */
export function setContentType(message: { headers: Headers; body: Buffer }): boolean {
  if (message.body.length === 0 || message.headers.has('Content-Type')) return true;
  if (!message.body.subarray(0, 3).equals(sdpStart)) return false;
  message.headers.append('Content-Type', 'application/sdp');
  return true;
}

/** `localhost` as a host, not as part of a name: apps that do not know our address write it so. */
export function withOwnHost(name: string, value: string, hostPort: string): string {
  if (!ownHost.has(headerKey(name)) || !value.includes('localhost')) return value;
  return value.replace(/(sips?:(?:[^@<>;\s]*@)?)localhost(?::\d+)?(?=[;>?,\s]|$)/g, `$1${hostPort}`);
}

function copyFields(
  from: Headers,
  to: Headers,
  without: ReadonlySet<string>,
  identity: Identity,
  peer: Towards,
): void {
  const hostPort = identity.hostPort(peer);
  for (const { name, value } of from) {
    if (!without.has(headerKey(name))) to.append(name, withOwnHost(name, value, hostPort));
  }
}

/** An app's response, made whole from the request that it answers. */
export function composeResponse(facts: {
  readonly request: SipRequest;
  readonly response: AppResponse;
  readonly localTag: string;
  readonly peer: Towards;
  readonly identity: Identity;
}): SipResponse {
  const { request, response, localTag, peer, identity } = facts;
  const reason = response.reason === '' ? reasonPhrase(response.status) : response.reason;
  const composed = responseTo(request, response.status, reason, localTag);
  composed.body = response.body;
  copyFields(response.headers, composed.headers, ofTransaction, identity, peer);
  // RFC 3261 §12.1.1: what makes or moves a dialog says where we are.
  const makesDialog = response.status > 100 && response.status < 300 && carriesContact.has(request.method);
  if (makesDialog && request.method !== 'OPTIONS' && !composed.headers.has('Contact')) {
    composed.headers.append('Contact', identity.contact(peer, isSecure(request.uri)));
  }
  setContentType(composed);
  return composed;
}

/** A request outside a dialog. What the app leaves out the edge fills in (RFC 3261 §8.1.1). */
export function composeRequest(
  app: Pick<AppRequest, 'method' | 'uri' | 'headers' | 'body'>,
  peer: Towards,
  identity: Identity,
): SipRequest {
  const { method, uri } = app;
  const headers = new Headers();
  headers.append('Via', viaFor(identity.outside(peer), peer.transport, newBranch()));
  headers.append('Max-Forwards', app.headers.get('Max-Forwards') ?? '70');
  const hostPort = identity.hostPort(peer);
  const contact = identity.contact(peer, isSecure(uri));
  const from = withOwnHost('From', app.headers.get('From') ?? contact, hostPort);
  headers.append('From', tagOf(from) === undefined ? withTag(bracketed(from), newTag()) : from);
  headers.append('To', withOwnHost('To', app.headers.get('To') ?? `<${uri}>`, hostPort));
  headers.append('Call-ID', app.headers.get('Call-ID') ?? newCallId());
  const sequence = /^\d+/.exec(app.headers.get('CSeq') ?? '')?.[0] ?? String(newSequence());
  headers.append('CSeq', `${sequence} ${method}`);
  const filled = new Set([...ofRequest, 'max-forwards', 'from', 'to', 'call-id', 'cseq']);
  copyFields(app.headers, headers, filled, identity, peer);
  if (carriesContact.has(method) && !headers.has('Contact')) headers.append('Contact', contact);
  return { kind: 'request', method, uri, headers, body: app.body };
}

/** `sip:a@b` → `<sip:a@b>`, so that a tag does not become a parameter of a URI with parameters. */
function bracketed(address: string): string {
  return address.includes('<') ? address : `<${address}>`;
}

/** A request inside a dialog: RFC 3261 §12.2.1.1. `sequence`: its CSeq number. Throws `SipParseError`. */
export function composeInDialog(facts: {
  readonly dialog: Dialog;
  readonly app: Pick<AppRequest, 'method' | 'headers' | 'body'>;
  readonly sequence: number;
  readonly peer: Towards;
  readonly identity: Identity;
}): SipRequest {
  const { dialog, app, sequence, peer, identity } = facts;
  const { uri, routes } = route(dialog.remoteTarget, dialog.routeSet);
  const headers = new Headers();
  headers.append('Via', viaFor(identity.outside(peer), peer.transport, newBranch()));
  headers.append('Max-Forwards', app.headers.get('Max-Forwards') ?? '70');
  for (const hop of routes) headers.append('Route', hop);
  headers.append('From', dialog.localParty);
  headers.append('To', dialog.remoteParty);
  headers.append('Call-ID', dialog.callId);
  headers.append('CSeq', `${sequence} ${app.method}`);
  copyFields(app.headers, headers, new Set([...ofDialog, 'max-forwards']), identity, peer);
  if (carriesContact.has(app.method) && app.method !== 'OPTIONS' && !headers.has('Contact')) {
    headers.append('Contact', identity.contact(peer, isSecure(dialog.remoteTarget)));
  }
  return { kind: 'request', method: app.method, uri, headers, body: app.body };
}

/** The same request on its way to another server (RFC 3263 §4.3): a new transaction, of the same request. */
export function composeAgain(request: SipRequest, peer: Towards, identity: Identity): SipRequest {
  const headers = request.headers.clone();
  headers.replaceFirst('Via', viaFor(identity.outside(peer), peer.transport, newBranch()));
  return { ...request, headers };
}

function isSecure(uri: string): boolean {
  return /^sips:/i.test(uri);
}

/** What an INVITE of ours says of who calls whom. */
import type { CallFacts, CallOut, Party } from '../ports.ts';
import { readUri } from './call-facts.ts';
import { capabilities } from './capabilities.ts';

/** Where a call out goes, and whom it shows. */
export interface Invitation {
  /** Request-URIs: where it goes first, and then if that does not work. At least one. */
  readonly uris: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly facts: CallFacts;
}

/** What a request has that nobody has sent on yet (RFC 3261 §8.1.1.6). */
const mostForwards = 70;

const anonymous: Party = {
  uri: 'sip:anonymous@anonymous.invalid',
  user: 'anonymous',
  host: 'anonymous.invalid',
  displayName: 'Anonymous',
};

/**
 * Null: the call has been sent on too often, so that it may go round in circles. RFC 7332 §4: a back-to-back user agent
 * counts Max-Forwards down from call to call, whoever sends it round.
 */
export function invitationTo({ trunk, number, from, caller }: CallOut): Invitation | null {
  const forwards = forwardsLeft(caller);
  if (forwards <= 0) return null;
  const targets = (trunk.to ?? ['']).map((to) => targetOf(to, number));
  const [{ uri, host, place }] = targets;
  const shown = from ?? trunk.from ?? caller.from.user;
  const hidden = from === null && trunk.from === undefined && wantsPrivacy(caller);
  const party = hidden ? anonymous : partyOf(shown, caller.from.displayName, host);
  // RFC 3325 §5: only what we know is asserted: what the plan says, and what a trunk has told us.
  const isKnown = from !== null || trunk.from !== undefined || caller.trunk !== null;
  const asserted = isKnown && shown !== '' && shown !== anonymous.user;
  return {
    uris: targets.map((target) => target.uri),
    headers: {
      From: `${quoted(party.displayName)}<${party.uri}>`,
      'Max-Forwards': String(forwards),
      ...capabilities,
      ...(asserted && { 'P-Asserted-Identity': `<sip:${escaped(shown)}@${host}>` }),
      // RFC 3323 §4.2: the trunk is not to show who calls.
      ...(hidden && { Privacy: 'id' }),
    },
    facts: {
      protocol: 'sip',
      transport: transportOf(uri),
      source: place,
      from: { ...party, user: shown },
      to: { uri: `sip:${escaped(number)}@${host}`, user: number, host, displayName: '' },
      trunk: trunk.name,
      wireCallId: '',
      headers: {},
      verstat: 'none',
      language: null,
    },
  };
}

function forwardsLeft({ headers }: CallFacts): number {
  const said = /^\s*(\d{1,3})\s*$/.exec(headers['max-forwards'] ?? '')?.[1];
  return (said === undefined ? mostForwards : Math.min(Number(said), mostForwards)) - 1;
}

/** `sip:carrier.example:5061;transport=tls` with a number in it. */
function targetOf(to: string, number: string) {
  const [, scheme = 'sip', rest = ''] = /^(sips?):(?:[^@]*@)?(.*)$/i.exec(to) ?? [];
  const host = readUri(to, '')?.host ?? rest;
  const port = Number(/^(?:\[[^\]]*\]|[^:;]*):(\d{1,5})/.exec(rest)?.[1] ?? 5060);
  return {
    uri: `${scheme}:${escaped(number)}@${rest}`,
    host,
    place: { address: host.replaceAll(/[[\]]/g, ''), port },
  };
}

function transportOf(uri: string): string {
  const named = /;transport=([a-z]+)/i.exec(uri)?.[1]?.toLowerCase();
  return named ?? (/^sips:/i.test(uri) ? 'tls' : 'udp');
}

/** RFC 3323 §4.2, and callers who say only that they are nobody (RFC 3261 §8.1.1.3). */
function wantsPrivacy({ headers, from }: CallFacts): boolean {
  const wanted = (headers['privacy'] ?? '').toLowerCase().split(/[;,]/);
  return wanted.some((one) => ['id', 'user', 'header'].includes(one.trim())) || from.host === anonymous.host;
}

function partyOf(user: string, displayName: string, host: string): Party {
  const uri = user === '' ? `sip:${host}` : `sip:${escaped(user)}@${host}`;
  return { uri, user, host, displayName };
}

/** RFC 3261 §25.1: what may stand in a user part as it is. */
function escaped(user: string): string {
  return encodeURIComponent(user).replaceAll(/%(?:2B|26|3D|24|2C|3B|3F|2F)/g, decodeURIComponent);
}

/** A quoted-string; characters that no header may have are left out. */
function quoted(name: string): string {
  const plain = name.replaceAll(/\p{Cc}/gu, '').replaceAll(/["\\]/g, '\\$&');
  return plain === '' ? '' : `"${plain}" `;
}

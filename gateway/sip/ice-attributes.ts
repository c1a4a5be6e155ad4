/** ICE in SDP (RFC 8839): what a peer says of it, and what we do. */
import { isIP } from 'node:net';
import type { IceCandidate, IceCredentials, RemoteIce } from '../ports.ts';
import { attribute, hasAttribute } from './sdp.ts';
import type { SdpDescription, SdpMedia } from './sdp.ts';

/** `unreadable`: credentials that are none. `mismatch`: a box on the way has changed the addresses (RFC 8839 §4.2.5). */
export type OfferedIce =
  | { readonly kind: 'none' | 'mismatch' | 'unreadable' }
  | { readonly kind: 'ice'; readonly remote: RemoteIce };

const mostCandidates = 64;
const iceChars = /^[A-Za-z0-9+/]+$/;
/** RFC 8839 §5.1: foundation, component, transport, priority, address, port, type; extensions are of no interest. */
const candidateLine =
  /^([A-Za-z0-9+/]{1,32}) (\d{1,3}) ([A-Za-z-]{1,16}) (\d{1,10}) (\S{1,255}) (\d{1,5}) typ (host|srflx|prflx|relay)(?: |$)/i;

/** What a description says of ICE for a stream. */
export function readIce(description: SdpDescription, media: SdpMedia): OfferedIce {
  // RFC 8839 §5.4: for the stream, or for all of them.
  const owner = hasAttribute(media, 'ice-ufrag') || hasAttribute(media, 'ice-pwd') ? media : description;
  const [ufrag, pwd] = [attribute(owner, 'ice-ufrag'), attribute(owner, 'ice-pwd')];
  if (ufrag === undefined && pwd === undefined) return { kind: 'none' };
  if (!isCredential(ufrag, 4) || !isCredential(pwd, 22)) return { kind: 'unreadable' };
  const lines = media.attributes.filter(({ name }) => name === 'candidate').map(({ value }) => value);
  const { candidates, hidden } = readCandidates(lines);
  if (!hidden && isMismatch(media, candidates)) return { kind: 'mismatch' };
  return { kind: 'ice', remote: { ufrag, pwd, lite: hasAttribute(description, 'ice-lite'), candidates } };
}

function isCredential(value: string | undefined, least: number): value is string {
  return value !== undefined && value.length >= least && value.length <= 256 && iceChars.test(value);
}

/**
 * The candidates that media can go to: UDP, with a literal address. `hidden`: there are others, with names (mDNS),
 * which are found out by the checks that come from them (peer-reflexive).
 */
function readCandidates(lines: readonly string[]): { candidates: IceCandidate[]; hidden: boolean } {
  const candidates: IceCandidate[] = [];
  let hidden = false;
  for (const line of lines.slice(0, mostCandidates)) {
    const match = candidateLine.exec(line);
    if (!match) continue;
    const [, foundation, component, transport, priority, address, port, type] = match;
    if (transport.toLowerCase() !== 'udp' || Number(component) < 1 || Number(component) > 2) continue;
    if (isIP(address) === 0) {
      hidden = true;
      continue;
    }
    if (Number(port) < 1 || Number(port) > 65_535 || Number(priority) > 0xffff_ffff) continue;
    candidates.push({
      foundation,
      component: Number(component),
      priority: Number(priority),
      address,
      port: Number(port),
      type: type.toLowerCase() as IceCandidate['type'],
    });
  }
  return { candidates, hidden };
}

/** RFC 8839 §4.2.5: the default destination is none of the candidates. Before any is known it says port 9. */
function isMismatch({ connection, port }: SdpMedia, candidates: readonly IceCandidate[]): boolean {
  if (!connection?.literal || port === 9 || candidates.length === 0) return false;
  if (connection.address === '0.0.0.0' || connection.address === '::') return false;
  return !candidates.some(
    (candidate) =>
      candidate.component === 1 &&
      candidate.port === port &&
      sameAddress(candidate.address, connection.address),
  );
}

function sameAddress(one: string, other: string): boolean {
  return one === other || canonical(one) === canonical(other);
}

function canonical(address: string): string {
  return isIP(address) === 6 ? new URL(`http://[${address}]`).hostname : address;
}

/** Where our media is received. */
export interface LocalPlace {
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
}

/**
 * Our stream's lines. The only candidate is the address that our SDP names, behind a NAT that is the public one: the
 * others are found by the checks that come from there.
 */
export function iceLines(local: IceCredentials, place: LocalPlace, rtcpMux: boolean): string[] {
  const candidate = (component: 1 | 2, port: number) =>
    `a=candidate:1 ${component} UDP ${hostPriority(component)} ${place.address} ${port} typ host`;
  return [
    `a=ice-ufrag:${local.ufrag}`,
    `a=ice-pwd:${local.pwd}`,
    candidate(1, place.rtpPort),
    ...(rtcpMux ? [] : [candidate(2, place.rtcpPort)]),
  ];
}

/** RFC 8445 §5.1.2.1: type preference 126, the only address. */
function hostPriority(component: 1 | 2): number {
  return 126 * 2 ** 24 + 65_535 * 2 ** 8 + 256 - component;
}

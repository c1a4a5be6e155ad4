import { lookup } from 'node:dns/promises';
import { isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isUnspecified } from '../config/outside.ts';
import type { LegMediaConfig } from '../ports.ts';
import { within } from './deadline.ts';

/** Finds the address of a host name in a `c=` line (RFC 8866 §5.7 allows one); null: there is none in time. */
export type ResolveHost = (host: string, family: 4 | 6) => Promise<string | null>;

export const resolveHost: ResolveHost = async (host, family) => {
  try {
    return (await lookup(host, { family })).address;
  } catch {
    return null;
  }
};

/** The two ends of a leg's media: our address, and where the peer's signalling comes from. */
export interface Ends {
  readonly local: string;
  readonly peer: string;
}

/**
 * The configuration with IP addresses of our family as its remote ends; null: the audio's name does not resolve. Where
 * the video's doesn't, it is sent to where the call came from.
 */
export async function withAddress(
  media: LegMediaConfig,
  ends: Ends,
  resolve: ResolveHost,
  deadlineMs: number,
): Promise<LegMediaConfig | null> {
  const family = ends.local.includes(':') ? 6 : 4;
  const find = ({ address }: LegMediaConfig['remote']): Promise<string | null> =>
    isIP(address) === 0
      ? lookUp(address, family, resolve, deadlineMs)
      : Promise.resolve(inFamily(address, family, ends));
  const { remote, video } = media;
  const [address, videoAddress] = await Promise.all([find(remote), video ? find(video.remote) : null]);
  if (address === null) return null;
  return {
    ...media,
    remote: { ...remote, address },
    ...(video && { video: { ...video, remote: { ...video.remote, address: videoAddress ?? ends.peer } } }),
  };
}

function inFamily(address: string, family: 4 | 6, ends: Ends): string {
  if (isIP(address) === family) return address;
  // RFC 6157 §5.2: :: holds a call as 0.0.0.0 does (RFC 3264 §8.4); nothing is sent, RTCP neither.
  if (isUnspecified(address)) return family === 6 ? '::' : '0.0.0.0';
  // A device with both families (linphone) may name the other one, though it called us over ours. It is
  // sent to where it called from, until symmetric RTP (RFC 4961) shows where it really is.
  return ends.peer;
}

function lookUp(
  name: string,
  family: 4 | 6,
  resolve: ResolveHost,
  deadlineMs: number,
): Promise<string | null> {
  return within<string | null>(deadlineMs, null, (settle) => {
    void resolve(name, family).then(settle);
  });
}

/**
 * The address that our SDP names: the configured one, else the one that media is bound to; of the caller's own family
 * where there is a choice. Bound to all of them, it is the one that this caller reached us at; `0.0.0.0` in an SDP
 * would put the call on hold.
 */
export function announcedAddress(facts: {
  readonly configured: readonly string[];
  readonly bound: string;
  /** `host:port` where the INVITE came in. */
  readonly receivedOn: string | undefined;
  /** Who sent it. */
  readonly peer: string;
}): string {
  const { configured, bound, peer } = facts;
  const family = isIPv6(peer) ? 6 : 4;
  // Without one of the caller's family the other is better than none, unless we are bound to both.
  const outside =
    configured.find((address) => isIP(address) === family) ?? (bound === '::' ? undefined : configured.at(0));
  if (outside !== undefined) return outside;
  if (!isUnspecified(bound)) return bound;
  const received = (facts.receivedOn ?? '').replace(/:\d+$/, '').replaceAll(/[[\]]/g, '');
  if (isIP(received) === family && !isUnspecified(received)) return received;
  if (peer === '::1' || peer.startsWith('127.')) return family === 6 ? '::1' : '127.0.0.1';
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find((one) => !one.internal && one.family === `IPv${family}`)?.address ?? bound;
}

/** One transport for several streams (RFC 9143): in it we take the audio; video only on a port of its own. */
import { attribute, hasAttribute } from './sdp.ts';
import type { SdpDescription, SdpMedia } from './sdp.ts';

const midToken = /^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]{1,64}$/;

/** `a=mid` (RFC 5888 §4); undefined: none that could be repeated. */
export function midOf(media: SdpMedia): string | undefined {
  const mid = attribute(media, 'mid');
  return mid !== undefined && midToken.test(mid) ? mid : undefined;
}

/**
 * Session lines of the answer: the group with the audio alone, as what is refused leaves it (RFC 9143 §7.3.3). Not for
 * when another stream is taken on a port of its own: browsers would put it into that group again by their next offer,
 * and then bear no answer without it.
 */
export function bundleLines(offer: SdpDescription, audio: SdpMedia): string[] {
  const mid = midOf(audio);
  const bundled = mid !== undefined && groupsOf(offer).some((mids) => mids.includes(mid));
  return bundled ? [`a=group:BUNDLE ${mid}`] : [];
}

/** The names of each group's lines. */
function groupsOf({ attributes }: SdpDescription): string[][] {
  return attributes.flatMap(({ name, value }) => {
    const [semantics, ...mids] = value.split(' ');
    return name === 'group' && semantics === 'BUNDLE' ? [mids] : [];
  });
}

export function midLines(mid: string | undefined): string[] {
  return mid === undefined ? [] : [`a=mid:${mid}`];
}

/** RFC 9143 §6: it may only be used within its group. */
export function isBundleOnly(media: SdpMedia): boolean {
  return hasAttribute(media, 'bundle-only');
}

/**
 * Whether a line has no transport but that of another one, its group's. What has a place of its own may be taken out of
 * the group by the answer (RFC 9143 §7.3.2); in a later offer the lines of a group share one.
 */
export function sharesTransport(offer: SdpDescription, first: SdpMedia, media: SdpMedia): boolean {
  if (isBundleOnly(media)) return true;
  const [one, other] = [midOf(first), midOf(media)];
  if (one === undefined || other === undefined) return false;
  if (!groupsOf(offer).some((mids) => mids.includes(one) && mids.includes(other))) return false;
  const samePlace = first.port === media.port && first.connection?.address === media.connection?.address;
  return samePlace && !hasOwnCandidates(first, media);
}

/** Browsers that hide their addresses say port 9 of 0.0.0.0 for all lines: where they are is in the candidates. */
function hasOwnCandidates(first: SdpMedia, media: SdpMedia): boolean {
  const known = candidatesOf(first);
  return candidatesOf(media).some((candidate) => !known.includes(candidate));
}

function candidatesOf({ attributes }: SdpMedia): string[] {
  return attributes.flatMap(({ name, value }) => (name === 'candidate' ? [value] : []));
}

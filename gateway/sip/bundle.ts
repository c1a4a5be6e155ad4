/** One transport for several streams (RFC 9143), of which we take the audio. */
import { attribute } from './sdp.ts';
import type { SdpDescription, SdpMedia } from './sdp.ts';

const midToken = /^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]{1,64}$/;

/** `a=mid` (RFC 5888 §4); undefined: none that could be repeated. */
export function midOf(media: SdpMedia): string | undefined {
  const mid = attribute(media, 'mid');
  return mid !== undefined && midToken.test(mid) ? mid : undefined;
}

/** Session lines of the answer: the group with the audio alone, as what is refused leaves it (RFC 9143 §7.3.3). */
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

/** Whether two lines are offered in one group, and so in one transport. */
export function areBundled(offer: SdpDescription, one: SdpMedia, other: SdpMedia): boolean {
  const [first, second] = [midOf(one), midOf(other)];
  if (first === undefined || second === undefined) return false;
  return groupsOf(offer).some((mids) => mids.includes(first) && mids.includes(second));
}

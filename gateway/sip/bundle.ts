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
  const bundled = offer.attributes.some(({ name, value }) => {
    const [semantics, ...mids] = value.split(' ');
    return name === 'group' && semantics === 'BUNDLE' && mid !== undefined && mids.includes(mid);
  });
  return bundled ? [`a=group:BUNDLE ${mid ?? ''}`] : [];
}

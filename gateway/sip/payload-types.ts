/** What an m-line's payload types stand for: `a=rtpmap` and `a=fmtp` (RFC 8866 §6.6, §6.15). */
import type { SdpMedia } from './sdp.ts';

/** Static payload types need no rtpmap (RFC 3551 §6). */
const staticEncodings: Readonly<Record<string, string>> = {
  '0': 'PCMU/8000',
  '8': 'PCMA/8000',
  '9': 'G722/8000',
  '13': 'CN/8000',
  '34': 'H263/90000',
};

/** RFC 3551 §6. */
const firstDynamicType = 96;
const lastDynamicType = 127;

/** `name/clock[/channels]` of a payload type; null: dynamic without rtpmap, or none at all. */
export function encodingOf(media: SdpMedia, format: string): string | null {
  if (!/^\d{1,3}$/.test(format) || Number(format) > 127) return null;
  for (const { name, value } of media.attributes) {
    if (name !== 'rtpmap') continue;
    const [payloadType, encoding] = value.split(/ +/, 2);
    if (payloadType === format && encoding) return encoding;
  }
  return staticEncodings[format] ?? null;
}

/** Encoding names have no case (RFC 8866 §6.6); one channel is the default. */
export function sameEncoding(encoding: string | null, wanted: string): boolean {
  return encoding?.toLowerCase().replace(/^([^/]+\/\d+)\/1$/, '$1') === wanted.toLowerCase();
}

/** RFC 8866 §6.15, with the usual `name=value;` of RFC 6838; names in lower case. */
export function formatParameters(
  media: SdpMedia,
  payloadType: number,
  separator: string | RegExp = ';',
): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const { name, value } of media.attributes) {
    if (name !== 'fmtp' || !value.startsWith(`${payloadType} `)) continue;
    for (const part of value.slice(String(payloadType).length + 1).split(separator)) {
      const equals = part.indexOf('=');
      const key = equals < 0 ? part : part.slice(0, equals);
      parameters.set(key.trim().toLowerCase(), equals < 0 ? '' : part.slice(equals + 1).trim());
    }
  }
  return parameters;
}

/**
 * What a line's payload types stand for. RFC 3264 §8.3.2: that may not change as long as the session lasts, so our own
 * later offers keep to it.
 */
export function payloadTypeMap(media: SdpMedia): Map<number, string> {
  const map = new Map<number, string>();
  for (const format of media.formats) {
    const encoding = encodingOf(media, format);
    if (encoding !== null) map.set(Number(format), encoding.toLowerCase());
  }
  return map;
}

/** Our payload type for an encoding: the session's, else the usual one, else one that nobody uses. */
export function payloadTypeFor(encoding: string, usual: number, taken: ReadonlyMap<number, string>): number {
  const wanted = encoding.toLowerCase();
  for (const [payloadType, other] of taken) if (other === wanted) return payloadType;
  if (!taken.has(usual)) return usual;
  for (let free = firstDynamicType; free <= lastDynamicType; free++) if (!taken.has(free)) return free;
  return usual;
}

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

/**
 * RFC 3551 §3: 96 to 127 first, then those that nobody has assigned. Of these 64 to 95 would be taken for RTCP on the
 * same port (RFC 5761 §4).
 */
const dynamicTypes = [
  { first: 96, last: 127 },
  { first: 35, last: 63 },
] as const;

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

/**
 * Our payload type for an encoding: the session's, else the usual one, else one that nobody uses. Null: all are in use,
 * and the encoding can't be offered.
 * @param taken What the line's payload types stand for; ours is added.
 */
export function takePayloadType(taken: Map<number, string>, encoding: string, usual: number): number | null {
  for (const [payloadType, other] of taken) if (sameEncoding(other, encoding)) return payloadType;
  const payloadType = taken.has(usual) ? freeType(taken) : usual;
  if (payloadType !== null) taken.set(payloadType, encoding.toLowerCase());
  return payloadType;
}

function freeType(taken: ReadonlyMap<number, string>): number | null {
  for (const { first, last } of dynamicTypes)
    for (let free = first; free <= last; free++) if (!taken.has(free)) return free;
  return null;
}

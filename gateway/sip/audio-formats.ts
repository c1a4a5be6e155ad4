import type { AudioCodec, AudioFormat, OpusWishes } from '../ports.ts';
import { payloadBitrate } from './bandwidth.ts';
import { encodingOf, formatParameters, sameEncoding } from './payload-types.ts';
import type { SdpMedia } from './sdp.ts';
import { attribute } from './sdp.ts';

/** The RTP clock: 8 kHz for G.722 too, though it has 16 (RFC 3551 §4.5.2). */
const codecClock = {
  PCMU: 8000,
  PCMA: 8000,
  G722: 8000,
  opus: 48_000,
} as const satisfies Record<AudioCodec, number>;

/** `a=rtpmap` of a codec (RFC 3551, RFC 7587 §7). */
export const codecMap = {
  PCMU: 'PCMU/8000',
  PCMA: 'PCMA/8000',
  G722: 'G722/8000',
  opus: 'opus/48000/2',
} as const satisfies Record<AudioCodec, string>;

/** Clocks at which keys may come: those of the codecs (RFC 4733 §2.5.1.1 wants them to match). */
const eventClocks = [8000, 48_000] as const;

/** RFC 7587 §6.1. */
const mostOpusBitrate = 510_000;
const leastOpusBitrate = 6000;

/** IPv4, UDP and RTP heads, 40 octets, of 50 packets a second. */
const withoutHeads = (bitrate: number): number => bitrate - 16_000;

const usualPtimeMs = 20;
const longestPtimeMs = 60;

export interface EventFormat {
  readonly payloadType: number;
  readonly clockHz: number;
  /** What of the peer's events we take, as `a=fmtp` has it: keys only. */
  readonly keys: string;
}

/** RFC 4733 §3.2: events 0–15 are the keys. */
export const allKeys = '0-15';
const lastKey = 15;

/**
 * Payload type and events; devices write spaces for commas, or both, and leave some at the end. Each event ends with
 * something that is no digit: could two of them touch, a row of digits would be tried in every way to cut it.
 */
const eventList = /^\d{1,3} +(?:events=)?((?:\d{1,3}(?:-\d{1,3})?(?:, *| +|$)){1,32})$/;

export function clockOf(codec: AudioCodec): number {
  return codecClock[codec];
}

/** The formats of an m-line that we know, in the peer's order. */
export function audioFormats(media: SdpMedia, supported: readonly AudioCodec[]): AudioFormat[] {
  const found: AudioFormat[] = [];
  for (const format of media.formats) {
    const name = encodingOf(media, format);
    const codec = supported.find((candidate) => sameEncoding(name, codecMap[candidate]));
    const payloadType = Number(format);
    if (codec && !found.some((other) => other.payloadType === payloadType))
      found.push({ codec, payloadType });
  }
  return found;
}

/** Telephone events: those at the codec's clock first, as some devices send the first that they see. */
export function eventFormats(media: SdpMedia, codec: AudioCodec): EventFormat[] {
  const clocks = [...eventClocks].sort((clockHz) => (clockHz === codecClock[codec] ? -1 : 1));
  return clocks.flatMap((clockHz) =>
    payloadTypes(media, `telephone-event/${clockHz}`).map((payloadType) => ({
      payloadType,
      clockHz,
      keys: keysOf(media, payloadType),
    })),
  );
}

/** RFC 4733 §2.4.1: those of the offered events (`0-11,16`; without a list all keys) that are keys. */
function keysOf(media: SdpMedia, payloadType: number): string {
  const list = media.attributes.find(
    ({ name, value }) => name === 'fmtp' && value.startsWith(`${payloadType} `),
  );
  const offered = eventList.exec(list?.value ?? '')?.[1] ?? '';
  const ranges = [...offered.matchAll(/(\d+)(?:-(\d+))?/g)]
    .map(([, from, to = from]) => [Number(from), Math.min(Number(to), lastKey)] as const)
    .filter(([from, to]) => from <= to)
    .map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`));
  return ranges.length > 0 ? ranges.join(',') : allKeys;
}

/** RFC 3389 §4: comfort noise goes with codecs of its clock. Opus has its own. */
export function noiseFormats(media: SdpMedia, codec: AudioCodec): number[] {
  return codec === 'opus' ? [] : payloadTypes(media, 'CN/8000');
}

/** The packet time that we send: what the peer asks for and never longer than it takes, in whole 10 ms (RFC 8866 §6.4). */
export function packetTimeMs(media: SdpMedia, codec: AudioCodec): number {
  const asked = msOf(media, 'ptime') ?? usualPtimeMs;
  const most = Math.min(msOf(media, 'maxptime') ?? longestPtimeMs, longestPtimeMs);
  // Our Opus frames have 20 ms; several go into one packet.
  const step = codec === 'opus' ? 20 : 10;
  return Math.max(step, Math.floor(Math.min(asked, most) / step) * step);
}

function msOf(media: SdpMedia, name: 'ptime' | 'maxptime'): number | null {
  const ms = Number(/^\d{1,4}(?=\D|$)/.exec(attribute(media, name) ?? '')?.[0] ?? 0);
  return ms >= 10 ? ms : null;
}

/** What the peer wants of the Opus that it gets (RFC 7587 §6.1, §7.1). We send mono, which every stereo receiver takes. */
export function opusWishes(media: SdpMedia, payloadType: number): OpusWishes {
  const parameters = formatParameters(media, payloadType);
  const number = (name: string, otherwise: number) => {
    const value = Number(parameters.get(name) ?? otherwise);
    return Number.isInteger(value) && value > 0 ? value : otherwise;
  };
  const rate = number('maxplaybackrate', 48_000);
  return {
    inbandFec: parameters.get('useinbandfec') === '1',
    dtx: parameters.get('usedtx') === '1',
    maxRateHz: rate < 16_000 ? 8000 : rate < 48_000 ? 16_000 : 48_000,
    maxBitrate: Math.max(
      leastOpusBitrate,
      Math.min(
        mostOpusBitrate,
        number('maxaveragebitrate', mostOpusBitrate),
        payloadBitrate(media, withoutHeads) ?? mostOpusBitrate,
      ),
    ),
    cbr: parameters.get('cbr') === '1',
  };
}

/** `a=fmtp`: what we want of Opus. Mono by leaving `stereo` out; DTX only if the peer knows it. */
export function opusParameters(payloadType: number, wishes: OpusWishes | undefined): string {
  return `a=fmtp:${payloadType} useinbandfec=1${wishes?.dtx ? ';usedtx=1' : ''}`;
}

function payloadTypes(media: SdpMedia, encoding: string): number[] {
  return media.formats
    .filter((format) => sameEncoding(encodingOf(media, format), encoding))
    .map(Number)
    .filter((payloadType, position, all) => all.indexOf(payloadType) === position);
}

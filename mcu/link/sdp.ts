/**
 * SDP between LiveKit and libdatachannel. Both speak RFC 8829 with gaps; each function closes one gap and
 * works on text, because nothing else of the SDP may change.
 */
import type { RoomCodec, RoomVideoCodec } from '../ports.ts';

const AUDIO_LEVEL_URI = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';
const MID_URI = 'urn:ietf:params:rtp-hdrext:sdes:mid';

/** libdatachannel takes every codec it is offered, also those that nothing of ours can read. */
const UNREADABLE = /^(red|ulpfec|flexfec-03|AV1|VP9|H265)\//i;

/**
 * Takes the candidates out of an offer, to be trickled once the answer is applied. With them in it the SFU starts DTLS
 * before we have its fingerprint, and about 2 % of joins under load fail with "certificate verify failed".
 */
export function withoutCandidates(offer: string): string {
  return offer.replace(/^a=(?:candidate:.*|end-of-candidates)\r\n/gm, '');
}

export interface ExtensionIds {
  /** RFC 8285 id of the level extension (RFC 6464); 0: not accepted. */
  readonly audioLevel: number;
  /** Of the mid extension (RFC 8843 §15); 0: not accepted. */
  readonly mid: number;
}

/** The ids that an answer settled for one m-line. The answerer may renumber, so only its ids count. */
export function extensionIds(answer: string, mid: string): ExtensionIds {
  const section = mediaSections(answer).find((text) => attribute(text, 'mid') === mid) ?? '';
  return { audioLevel: extensionId(section, AUDIO_LEVEL_URI), mid: extensionId(section, MID_URI) };
}

function extensionId(section: string, uri: string): number {
  for (const [, id, found] of section.matchAll(/^a=extmap:(\d+)(?:\/\S+)? (\S+)/gm)) {
    const value = Number(id);
    // One-byte extensions have ids 1 to 14 (RFC 8285 §4.2).
    if (found === uri && value >= 1 && value <= 14) return value;
  }
  return 0;
}

/** Removes the payload types that nothing of ours reads, and the RTX that would repair them. */
export function dropUnreadableCodecs(offer: string): string {
  const [head = '', ...sections] = splitSections(offer);
  return head + sections.map(dropFromSection).join('');
}

function dropFromSection(section: string): string {
  if (!/^m=(audio|video) /.test(section)) return section;
  const drop = new Set<string>();
  for (const [, type = '', name = ''] of section.matchAll(/^a=rtpmap:(\d+) (\S+)/gm)) {
    if (UNREADABLE.test(name)) drop.add(type);
  }
  for (const [, type = '', of = ''] of section.matchAll(/^a=fmtp:(\d+) apt=(\d+)/gm)) {
    if (drop.has(of)) drop.add(type);
  }
  const [mLine = '', ...lines] = section.split('\r\n');
  const [media = '', port = '', protocol = '', ...types] = mLine.split(' ');
  const left = types.filter((type) => !drop.has(type));
  // An m-line without a payload type is no SDP: leave a section alone that has nothing else.
  if (left.length === 0) return section;
  const kept = lines.filter((line) => {
    const type = /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+)/.exec(line)?.[1];
    return type === undefined || !drop.has(type);
  });
  return [[media, port, protocol, ...left].join(' '), ...kept].join('\r\n');
}

/**
 * Makes libdatachannel's answer receive only. Its own says `sendrecv` and echoes the SFU's msid; the SFU
 * then takes the m-line for a publisher's, never reuses it, and the SDP grows with every leave and rejoin.
 */
export function receiveOnly(offer: string, answer: string): string {
  const sends = new Map<string, boolean>();
  for (const section of mediaSections(offer)) {
    const direction = /^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m.exec(section)?.[1] ?? 'sendrecv';
    sends.set(attribute(section, 'mid') ?? '', direction.startsWith('send'));
  }
  const [head = '', ...sections] = splitSections(answer);
  const rewritten = sections.map((section) => {
    if (!/^m=(audio|video) /.test(section)) return section;
    const direction = sends.get(attribute(section, 'mid') ?? '') === true ? 'recvonly' : 'inactive';
    return section
      .replace(/^a=(sendrecv|sendonly|recvonly|inactive)(?=\r?$)/m, `a=${direction}`)
      .replace(/^a=(msid|ssrc|ssrc-group):.*\r\n/gm, '');
  });
  return head + rewritten.join('');
}

/** What the packets of one SSRC are. */
export interface OfferedStream {
  readonly trackSid: string;
  /** SSRC of the stream itself, also for its RTX. */
  readonly ssrc: number;
  readonly rtx: boolean;
  readonly video: boolean;
}

export interface OfferedMedia {
  readonly streams: ReadonlyMap<number, OfferedStream>;
  /** Codec by payload type; those that nothing of ours reads are left out. */
  readonly codecs: ReadonlyMap<number, RoomCodec | RoomVideoCodec>;
  /** RTX payload type → the payload type that it repairs (RFC 4588 §8.6). */
  readonly repairs: ReadonlyMap<number, number>;
}

/**
 * Reads which SSRC belongs to which track. A reused mid brings no new track event from libdatachannel,
 * so only the newest offer tells whose packets they are.
 */
export function offeredMedia(offer: string): OfferedMedia {
  const streams = new Map<number, OfferedStream>();
  const codecs = new Map<number, RoomCodec | RoomVideoCodec>();
  const repairs = new Map<number, number>();
  for (const section of mediaSections(offer)) {
    if (!/^m=(audio|video) /.test(section)) continue;
    collectStreams(section, streams);
    for (const [, type, name = ''] of section.matchAll(/^a=rtpmap:(\d+) ([^/\r]+)/gm)) {
      const codec = audioCodec(name) ?? videoCodec(name);
      if (codec !== null) codecs.set(Number(type), codec);
    }
    for (const [, type, of] of section.matchAll(/^a=fmtp:(\d+) apt=(\d+)/gm)) {
      repairs.set(Number(type), Number(of));
    }
  }
  return { streams, codecs, repairs };
}

function collectStreams(section: string, streams: Map<number, OfferedStream>): void {
  const video = section.startsWith('m=video ');
  const repaired = new Map<number, number>();
  for (const [, main, rtx] of section.matchAll(/^a=ssrc-group:FID (\d+) (\d+)/gm)) {
    repaired.set(Number(rtx), Number(main));
  }
  const ofSection = /^a=msid:\S+ (\S+)/m.exec(section)?.[1];
  for (const [, id, own = ofSection] of section.matchAll(/^a=ssrc:(\d+) (?:msid:\S+ (\S+)|cname:)/gm)) {
    const ssrc = Number(id);
    if (own === undefined || streams.has(ssrc)) continue;
    const main = repaired.get(ssrc);
    streams.set(ssrc, { trackSid: own, ssrc: main ?? ssrc, rtx: main !== undefined, video });
  }
}

/** Encoding names are case-insensitive (RFC 8866 §6.6). */
export function audioCodec(name: string): RoomCodec | null {
  switch (name.toUpperCase()) {
    case 'PCMU':
      return 'PCMU';
    case 'PCMA':
      return 'PCMA';
    case 'OPUS':
      return 'opus';
    default:
      return null;
  }
}

export function videoCodec(name: string): RoomVideoCodec | null {
  switch (name.toUpperCase()) {
    case 'VP8':
      return 'VP8';
    case 'H264':
      return 'H264';
    default:
      return null;
  }
}

function splitSections(sdp: string): string[] {
  return sdp.split(/(?=^m=)/m);
}

function mediaSections(sdp: string): string[] {
  return splitSections(sdp).slice(1);
}

function attribute(section: string, name: string): string | null {
  return new RegExp(`^a=${name}:(\\S+)`, 'm').exec(section)?.[1] ?? null;
}

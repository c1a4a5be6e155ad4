import type { SrtpProfile } from '../ports.ts';
import { readUint32 } from '../rtp/packet.ts';
import { transformOf } from './keys.ts';
import { Streams } from './streams.ts';
import type { StreamState } from './streams.ts';
import { rtcpClearBytes } from './transform.ts';
import type { Transform } from './transform.ts';
import { srtpFailure } from './types.ts';
import type { SrtpCheckpoint, SrtpContext, SrtpContextOptions } from './types.ts';

const { authentication, replay, malformed, exhausted } = srtpFailure;
/** ROC has 32 bits (RFC 3711 §3.3.1), and no key protects more than that and 2^31 of RTCP (§9.2). */
const mostRtpIndex = 2 ** 48 - 1;
const mostRtcpIndex = 2 ** 31 - 1;

/** Throws RangeError for keys that are not the profile's. */
export function createSrtpContext(options: SrtpContextOptions): SrtpContext {
  return new Context(options);
}

class Context implements SrtpContext {
  readonly profile: SrtpProfile;
  readonly overhead: number;
  readonly #keys: readonly Transform[];
  readonly #rtpOverhead: number;
  readonly #rtcpOverhead: number;
  readonly #streams: Streams;

  constructor({ profile, keys, after, ...exemptions }: SrtpContextOptions) {
    const [first] = keys;
    if (keys.some(({ mki }) => mki?.length !== first.mki?.length))
      throw new RangeError('all keys of a context need MKIs of one length');
    this.profile = profile;
    this.#keys = keys.map((key) => transformOf(profile, key, exemptions));
    this.#rtpOverhead = this.#keys[0].rtpOverhead;
    this.#rtcpOverhead = this.#keys[0].rtcpOverhead;
    this.overhead = Math.max(this.#rtpOverhead, this.#rtcpOverhead);
    this.#streams = new Streams(after);
  }

  protectRtp(packet: Buffer, out: Buffer): number {
    const { length } = packet;
    const body = rtpHeaderEnd(packet, length);
    if (body < 0 || out.length < length + this.#rtpOverhead) return malformed;
    const ssrc = readUint32(packet, 8);
    const sequence = sequenceOf(packet);
    const stream = this.#streams.find(ssrc);
    const index = stream && stream.rtp.highest >= 0 ? stream.indexOf(sequence) : sequence;
    if (index < 0 || stream?.rtp.isFresh(index) === false) return replay;
    if (index > mostRtpIndex) return exhausted;
    (stream ?? this.#streams.add(ssrc)).rtp.take(index);
    if (out !== packet) packet.copy(out);
    return this.#keys[0].sealRtp(out, length, body, rocOf(index));
  }

  protectRtcp(packet: Buffer, out: Buffer): number {
    const { length } = packet;
    if (!isRtcpHead(packet, length) || out.length < length + this.#rtcpOverhead) return malformed;
    const ssrc = readUint32(packet, 4);
    const { rtcp } = this.#streams.find(ssrc) ?? this.#streams.add(ssrc);
    const index = rtcp.highest + 1;
    if (index > mostRtcpIndex) return exhausted;
    rtcp.take(index);
    if (out !== packet) packet.copy(out);
    return this.#keys[0].sealRtcp(out, length, index);
  }

  unprotectRtp(packet: Buffer): number {
    const body = rtpHeaderEnd(packet, packet.length - this.#rtpOverhead);
    if (body < 0) return malformed;
    const key = this.#keyOfRtp(packet);
    if (!key) return authentication;
    const ssrc = readUint32(packet, 8);
    const sequence = sequenceOf(packet);
    const stream = this.#streams.find(ssrc);
    if (!stream || stream.rtp.highest < 0) return this.#firstRtp(packet, body, key, ssrc, sequence, stream);
    const index = stream.indexOf(sequence);
    if (index < 0 || index > mostRtpIndex || !stream.rtp.isFresh(index)) return replay;
    const length = key.openRtp(packet, body, rocOf(index));
    if (length < 0) return authentication;
    stream.rtp.take(index);
    return length;
  }

  unprotectRtcp(packet: Buffer): number {
    if (!isRtcpHead(packet, packet.length - this.#rtcpOverhead)) return malformed;
    const key = this.#keyOfRtcp(packet);
    if (!key) return authentication;
    const ssrc = readUint32(packet, 4);
    const index = key.rtcpIndex(packet);
    const stream = this.#streams.find(ssrc);
    if (stream?.rtcp.isFresh(index) === false) return replay;
    const length = key.openRtcp(packet);
    if (length < 0) return authentication;
    (stream ?? this.#streams.add(ssrc)).rtcp.take(index);
    return length;
  }

  checkpoint(): SrtpCheckpoint {
    return this.#streams.checkpoint();
  }

  restore(checkpoint: SrtpCheckpoint): void {
    this.#streams.restore(checkpoint);
  }

  #keyOfRtp(packet: Buffer): Transform | undefined {
    for (const key of this.#keys) if (key.ownsRtp(packet)) return key;
    return undefined;
  }

  #keyOfRtcp(packet: Buffer): Transform | undefined {
    for (const key of this.#keys) if (key.ownsRtcp(packet)) return key;
    return undefined;
  }

  /** A stream's first packet: what its rollover counter is shows in which tag is right. */
  #firstRtp(
    packet: Buffer,
    body: number,
    key: Transform,
    ssrc: number,
    sequence: number,
    known: StreamState | undefined,
  ): number {
    for (const index of this.#streams.firstIndices(ssrc, sequence)) {
      const length = key.openRtp(packet, body, rocOf(index));
      if (length < 0) continue;
      (known ?? this.#streams.add(ssrc)).rtp.take(index);
      return length;
    }
    return authentication;
  }
}

function rocOf(index: number): number {
  return Math.floor(index / 0x10000);
}

function sequenceOf(packet: Buffer): number {
  return (packet[2] << 8) | packet[3];
}

/** Where the payload begins (RFC 3550 §5.1); −1: no RTP packet of that length. */
function rtpHeaderEnd(packet: Buffer, length: number): number {
  if (length < 12 || packet[0] >> 6 !== 2) return -1;
  let end = 12 + (packet[0] & 0x0f) * 4;
  if ((packet[0] & 0x10) !== 0) {
    if (end + 4 > length) return -1;
    end += 4 + ((packet[end + 2] << 8) | packet[end + 3]) * 4;
  }
  return end > length ? -1 : end;
}

function isRtcpHead(packet: Buffer, length: number): boolean {
  return length >= rtcpClearBytes && packet[0] >> 6 === 2;
}

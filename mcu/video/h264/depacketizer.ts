import type { PictureSize } from '../../ports/pictures.ts';
import { BitReader } from '../bit-reader.ts';
import { noFacts } from '../depacketizer.ts';
import type { Depacketizer, FrameFacts } from '../depacketizer.ts';
import { FrameBuffer } from '../frame-buffer.ts';
import { eachNal, findStartCode, isSlice, nalType, rtpNalType, startCode } from './nal.ts';
import { ParameterSets } from './parameter-sets.ts';
import { isRecoveryPoint } from './sei.ts';

const nothing = Buffer.alloc(0);

/**
 * H.264 from RTP (RFC 6184 §5.6–5.8): single NAL units, STAP-A and FU-A, whatever packetization-mode was agreed. Frames
 * are given as byte streams (annex B), access unit delimiters and filler left out, and a key frame always has its
 * parameter sets: those from SDP or from before go in front of one that lacks them.
 */
export class H264Depacketizer implements Depacketizer {
  readonly #facts: FrameFacts = noFacts();
  readonly #frame: FrameBuffer;
  readonly #bits = new BitReader();
  readonly #outOfBand: readonly string[];
  #sets: ParameterSets;
  /** This stream has its parameter sets in band. */
  #setsInBand = false;
  #spsSinceGap = false;
  /** Where the NAL unit under way begins in the frame, at its start code; -1: none is under way. */
  #open = -1;
  #first = true;
  #sps = false;
  #pps = false;
  #idr = false;
  #recoveryPoint = false;
  #intraOnly = true;
  readonly #wholeOfSource = (from: number, to: number): boolean => this.#whole(this.#source, from, to);
  #source: Buffer = nothing;

  /** @param parameterSets `sprop-parameter-sets`, base64. */
  constructor(largestFrame: number, parameterSets: readonly string[] = []) {
    this.#frame = new FrameBuffer(largestFrame);
    this.#outOfBand = parameterSets;
    this.#sets = new ParameterSets(parameterSets);
  }

  get size(): PictureSize | null {
    return this.#sets.size;
  }

  reset(): void {
    this.#sets = new ParameterSets(this.#outOfBand);
    this.#setsInBand = false;
    this.begin();
  }

  begin(): void {
    this.#frame.cut(0);
    this.#open = -1;
    this.#first = this.#intraOnly = true;
    this.#sps = this.#pps = this.#idr = this.#recoveryPoint = false;
    const facts = this.#facts;
    facts.picture = facts.keyFrame = facts.startsWhole = facts.unfinished = false;
    facts.disposable = true;
  }

  write(packet: Buffer, from: number, to: number): boolean {
    const type = packet[from] & 0x1f;
    if (type === rtpNalType.fuA) return this.#fragment(packet, from, to);
    this.#dropOpen();
    if (type === rtpNalType.stapA) return this.#aggregate(packet, from + 1, to);
    // Some devices write byte streams, start codes and all, where one NAL unit should stand.
    if (type === 0 && findStartCode(packet, from, Math.min(to, from + 4)) === -1) return false;
    // STAP-B, MTAP and FU-B belong to the interleaved mode, which nobody agrees on (§5.4); 30 and 31 are undefined.
    if (type > 23) return false;
    this.#source = packet;
    const whole = eachNal(packet, from, to, this.#wholeOfSource);
    this.#source = nothing;
    return whole;
  }

  gap(): void {
    this.#dropOpen();
    this.#spsSinceGap = false;
  }

  finish(): FrameFacts {
    const facts = this.#facts;
    this.#dropOpen();
    // Not all devices answer with an IDR picture: intra slices under a new SPS, or a recovery point, do as well.
    const refresh = this.#idr || this.#recoveryPoint || (this.#sps && this.#intraOnly);
    facts.keyFrame = facts.picture && refresh && this.#sets.complete;
    // Lost with the packets before it: the parameter sets that this stream sends along.
    if (refresh && this.#setsInBand && !this.#spsSinceGap) facts.startsWhole = false;
    return facts;
  }

  take(): Buffer {
    const frame = this.#frame.bytes.subarray(0, this.#frame.length);
    if (!this.#facts.keyFrame || (this.#sps && this.#pps)) return Buffer.from(frame);
    return Buffer.concat([this.#sets.byteStream(), frame]);
  }

  accept(): void {
    // What a frame refers to, H.264's payloads don't say.
  }

  /** RFC 6184 §5.7.1: NAL units, each behind its length. */
  #aggregate(packet: Buffer, from: number, to: number): boolean {
    let at = from;
    while (at + 2 < to) {
      const end = at + 2 + ((packet[at] << 8) | packet[at + 1]);
      if (end > to || end === at + 2) return false;
      if (!this.#whole(packet, at + 2, end)) return false;
      at = end;
    }
    return at === to && at > from;
  }

  /** RFC 6184 §5.8: the NAL unit's header is told from that of the packet and that of the fragment. */
  #fragment(packet: Buffer, from: number, to: number): boolean {
    if (to - from < 3) return this.#fail();
    const header = (packet[from] & 0xe0) | (packet[from + 1] & 0x1f);
    const begins = (packet[from + 1] & 0x80) !== 0;
    const ends = (packet[from + 1] & 0x40) !== 0;
    if (begins) {
      this.#dropOpen();
      if (!isNal(header) || !this.#begin(header, packet[from + 2])) return this.#fail();
    } else if (this.#open === -1) {
      // Its beginning is lost, or never was.
      this.#facts.unfinished = true;
      this.#noteSlice(header);
      return true;
    }
    if (!this.#frame.append(packet, from + 2, to)) return this.#fail();
    if (ends) this.#end();
    return true;
  }

  #whole(packet: Buffer, from: number, to: number): boolean {
    const header = packet[from];
    if (!isNal(header) || !this.#begin(header, to - from > 1 ? packet[from + 1] : 0)) return this.#fail();
    if (!this.#frame.append(packet, from + 1, to)) return this.#fail();
    this.#end();
    return true;
  }

  /** A NAL unit begins. `next`: the byte after its header. */
  #begin(header: number, next: number): boolean {
    const type = header & 0x1f;
    // first_mb_in_slice, which comes first in a slice, is 0: one bit that is set (§7.3.3).
    if (this.#first) this.#facts.startsWhole = !isSlice(type) || next > 0x7f;
    this.#first = false;
    this.#noteSlice(header);
    this.#open = this.#frame.length;
    return this.#frame.append(startCode, 0, startCode.length) && this.#frame.appendByte(header);
  }

  /** The NAL unit under way is whole. */
  #end(): void {
    const { bytes, length } = this.#frame;
    const from = this.#open + startCode.length;
    const type = bytes[from] & 0x1f;
    this.#open = -1;
    switch (type) {
      case nalType.accessUnitDelimiter:
      case nalType.filler:
        this.#frame.cut(from - startCode.length);
        return;
      case nalType.sps:
      case nalType.pps:
        this.#sets.put(bytes, from, length);
        this.#setsInBand = true;
        if (type === nalType.sps) this.#sps = this.#spsSinceGap = true;
        else this.#pps = true;
        return;
      case nalType.sei:
        this.#recoveryPoint ||= isRecoveryPoint(this.#bits, bytes, from, length);
        return;
      default:
        if (type !== nalType.idrSlice && isSlice(type)) this.#noteSliceType(from, length);
    }
  }

  /** A slice of this header belongs to the frame, whether it is whole or not. */
  #noteSlice(header: number): void {
    const type = header & 0x1f;
    if (!isSlice(type)) return;
    this.#facts.picture = true;
    if ((header & 0x60) !== 0) this.#facts.disposable = false;
    if (type === nalType.idrSlice) this.#idr = true;
  }

  #noteSliceType(from: number, to: number): void {
    if (!this.#intraOnly) return;
    // §7.3.3, table 7-6: first_mb_in_slice, then slice_type; I is 2, or 7 when all slices of the picture are.
    this.#bits.open(this.#frame.bytes, from + 1, Math.min(to, from + 16), true).unsignedGolomb();
    this.#intraOnly = this.#bits.unsignedGolomb() % 5 === 2;
  }

  #fail(): false {
    this.#dropOpen();
    return false;
  }

  /** Forgets the NAL unit under way. */
  #dropOpen(): void {
    if (this.#open === -1) return;
    this.#frame.cut(this.#open);
    this.#open = -1;
    this.#facts.unfinished = true;
  }
}

/** A NAL unit's header of H.264 itself. A forbidden bit (§7.4.1) says that the bytes are damaged. */
function isNal(header: number): boolean {
  const type = header & 0x1f;
  return header < 0x80 && type > 0 && type < 24;
}

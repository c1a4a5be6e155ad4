import type { Packetizer } from '../packetizer.ts';
import { PacketWriter } from '../packet-writer.ts';
import type { PacketSink, PacketStream } from '../packet-writer.ts';
import { eachNal, isSlice, nalType, rtpNalType } from './nal.ts';

const fragmentHeaders = 2;

/**
 * H.264 byte streams (annex B) into RTP. packetization-mode 0 has one NAL unit a packet (RFC 6184 §6.2), so the encoder
 * has to keep slices within the payload: a larger one goes out in a larger packet. Mode 1 (§6.3) cuts NAL units into
 * FU-A and joins what stands before the slices (parameter sets, SEI) into one STAP-A.
 */
export class H264Packetizer implements Packetizer {
  readonly #writer: PacketWriter;
  readonly #mode: 0 | 1;
  /** NAL units of the frame at hand: from, to, from, to … */
  readonly #nals: number[] = [];
  readonly #note = (from: number, to: number): boolean => this.#nals.push(from, to) > 0;

  constructor(stream: PacketStream, packetizationMode: 0 | 1) {
    this.#writer = new PacketWriter(stream);
    this.#mode = packetizationMode;
  }

  packetize(frame: Buffer, timestamp: number, sink: PacketSink): void {
    const nals = this.#nals;
    nals.length = 0;
    eachNal(frame, 0, frame.length, this.#note);
    this.#writer.begin(timestamp, this.#hasIdr(frame), sink);
    for (let i = 0; i < nals.length;) {
      const joined = this.#mode === 0 ? 1 : this.#joinable(frame, i);
      const next = i + 2 * joined;
      const last = next === nals.length;
      if (joined > 1) this.#aggregate(frame, i, next, last);
      else if (this.#mode === 1 && nals[i + 1] - nals[i] > this.#writer.maxPayloadBytes)
        this.#fragment(frame, nals[i], nals[i + 1], last);
      else {
        this.#writer.bytes(frame, nals[i], nals[i + 1]);
        this.#writer.send(last);
      }
      i = next;
    }
  }

  #hasIdr(frame: Buffer): boolean {
    for (let i = 0; i < this.#nals.length; i += 2)
      if ((frame[this.#nals[i]] & 0x1f) === nalType.idrSlice) return true;
    return false;
  }

  /** How many NAL units from `first` on go into one packet; decoders are best used to slices on their own. */
  #joinable(frame: Buffer, first: number): number {
    let bytes = 1;
    let count = 0;
    for (let i = first; i < this.#nals.length; i += 2) {
      bytes += 2 + this.#nals[i + 1] - this.#nals[i];
      if (isSlice(frame[this.#nals[i]] & 0x1f) || bytes > this.#writer.maxPayloadBytes) break;
      count += 1;
    }
    return Math.max(1, count);
  }

  /** RFC 6184 §5.7: F is set if it is in any, NRI is the highest of all. */
  #aggregate(frame: Buffer, first: number, end: number, last: boolean): void {
    let forbidden = 0;
    let importance = 0;
    for (let i = first; i < end; i += 2) {
      const header = frame[this.#nals[i]];
      forbidden |= header & 0x80;
      importance = Math.max(importance, header & 0x60);
    }
    this.#writer.byte(forbidden | importance | rtpNalType.stapA);
    for (let i = first; i < end; i += 2) {
      const [from, to] = [this.#nals[i], this.#nals[i + 1]];
      this.#writer.byte((to - from) >> 8);
      this.#writer.byte(to - from);
      this.#writer.bytes(frame, from, to);
    }
    this.#writer.send(last);
  }

  /** RFC 6184 §5.8: the NAL unit's own header goes into those of the fragments. All are about as large. */
  #fragment(frame: Buffer, from: number, to: number, last: boolean): void {
    const header = frame[from];
    const count = Math.ceil((to - from - 1) / (this.#writer.maxPayloadBytes - fragmentHeaders));
    const size = Math.ceil((to - from - 1) / count);
    for (let at = from + 1; at < to; at += size) {
      const begins = at === from + 1;
      const ends = at + size >= to;
      this.#writer.byte((header & 0xe0) | rtpNalType.fuA);
      this.#writer.byte((begins ? 0x80 : 0) | (ends ? 0x40 : 0) | (header & 0x1f));
      this.#writer.bytes(frame, at, Math.min(to, at + size));
      this.#writer.send(last && ends);
    }
  }
}

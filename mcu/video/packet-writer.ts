import { newRtpPacket, rewriteRtp, rtpHeaderBytes } from '../rtp/packet.ts';

/**
 * Takes an RTP packet of a stream. `keyFrame`: it belongs to a frame that can be decoded alone. The buffer is lent: read
 * or copy it before returning.
 */
export type PacketSink = (packet: Buffer, keyFrame: boolean) => void;

export interface PacketStream {
  readonly ssrc: number;
  readonly payloadType: number;
  /** Of the first packet; default 0. */
  readonly firstSequence?: number;
  /** The largest payload, in bytes; default 1200, which passes every network with all headers around it. */
  readonly maxPayloadBytes?: number;
}

/** Writes the RTP packets of one stream, one after the other, into the same memory. */
export class PacketWriter {
  readonly maxPayloadBytes: number;
  readonly #payloadType: number;
  #packet: Buffer;
  /** The packet's memory by length, so that none is made for each packet. */
  #views: Buffer[] = [];
  #length = rtpHeaderBytes;
  #sequence: number;
  #timestamp = 0;
  #keyFrame = false;
  #sink: PacketSink = () => undefined;

  constructor(stream: PacketStream) {
    this.maxPayloadBytes = stream.maxPayloadBytes ?? 1200;
    this.#payloadType = stream.payloadType;
    this.#sequence = stream.firstSequence ?? 0;
    this.#packet = newRtpPacket(this.maxPayloadBytes, stream.payloadType, stream.ssrc);
  }

  /** Bytes that are still free in the payload. */
  get room(): number {
    return this.maxPayloadBytes + rtpHeaderBytes - this.#length;
  }

  begin(timestamp: number, keyFrame: boolean, sink: PacketSink): void {
    this.#timestamp = timestamp;
    this.#keyFrame = keyFrame;
    this.#sink = sink;
    this.#length = rtpHeaderBytes;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#packet[this.#length] = value;
    this.#length += 1;
  }

  bytes(source: Buffer, from: number, to: number): void {
    this.#reserve(to - from);
    source.copy(this.#packet, this.#length, from, to);
    this.#length += to - from;
  }

  /** Sends what was written. `marker`: the frame ends here. */
  send(marker: boolean): void {
    rewriteRtp(this.#packet, this.#payloadType, marker, this.#sequence, this.#timestamp);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    const view = (this.#views[this.#length] ??= this.#packet.subarray(0, this.#length));
    this.#length = rtpHeaderBytes;
    this.#sink(view, this.#keyFrame);
  }

  /** What can't be cut may be larger than payloads should be; IP then fragments it. */
  #reserve(count: number): void {
    if (this.#length + count <= this.#packet.length) return;
    const larger = Buffer.alloc(this.#length + count);
    this.#packet.copy(larger);
    this.#packet = larger;
    this.#views = [];
  }
}

import { PacketWriter } from '../packet-writer.ts';
import type { PacketSink, PacketStream } from '../packet-writer.ts';
import type { Packetizer } from '../packetizer.ts';
import { lastGobWithin, nextGob } from './cut.ts';
import { readH263Picture } from './picture-header.ts';

const headerBytes = 4;

/**
 * H.263 into RTP by RFC 2190, mode A (§5.1): cut at GOBs only, so the encoder has to begin them on a byte's edge. A GOB
 * larger than the payload goes out in a larger packet; the modes that cut within GOBs need every macroblock read.
 */
export class H263Packetizer implements Packetizer {
  readonly #writer: PacketWriter;

  constructor(stream: PacketStream) {
    this.#writer = new PacketWriter(stream);
  }

  packetize(frame: Buffer, timestamp: number, sink: PacketSink): void {
    const picture = readH263Picture(frame, 0, frame.length);
    if (picture === null || frame.length < 6) return;
    this.#writer.begin(timestamp, picture.keyFrame, sink);
    const most = this.#writer.maxPayloadBytes - headerBytes;
    for (let at = 0; at < frame.length;) {
      const cut = lastGobWithin(frame, at, most);
      const end = cut === at ? nextGob(frame, at) : cut;
      this.#header(frame);
      this.#writer.bytes(frame, at, end);
      this.#writer.send(end === frame.length);
      at = end;
    }
  }

  /** F, P, SBIT and EBIT are 0; SRC, I, U, S, A as in PTYPE; the rest belongs to PB frames, which we don't send. */
  #header(frame: Buffer): void {
    const format = (frame[4] >> 2) & 7;
    const options = ((frame[4] & 0x03) << 2) | (frame[5] >> 6);
    this.#writer.byte(0);
    this.#writer.byte((format << 5) | (options << 1));
    this.#writer.byte(0);
    this.#writer.byte(0);
  }
}

import { PacketWriter } from '../packet-writer.ts';
import type { PacketSink, PacketStream } from '../packet-writer.ts';
import type { Packetizer } from '../packetizer.ts';
import { lastGobWithin } from './cut.ts';
import { readH263Picture } from './picture-header.ts';

const headerBytes = 2;
/** P: the two zero bytes of a start code are left out. */
const startFollows = 0x04;

/** H.263+ into RTP (RFC 4629 §5.1, §6.1): cut at GOBs where there are some within the payload, else anywhere. */
export class H263PlusPacketizer implements Packetizer {
  readonly #writer: PacketWriter;

  constructor(stream: PacketStream) {
    this.#writer = new PacketWriter(stream);
  }

  packetize(frame: Buffer, timestamp: number, sink: PacketSink): void {
    const picture = readH263Picture(frame, 0, frame.length);
    if (picture === null) return;
    this.#writer.begin(timestamp, picture.keyFrame, sink);
    const most = this.#writer.maxPayloadBytes - headerBytes;
    for (let at = 0; at < frame.length;) {
      const starts = frame[at] === 0 && frame[at + 1] === 0 && frame[at + 2] > 0x7f;
      const from = starts ? at + 2 : at;
      const cut = lastGobWithin(frame, at, most + (from - at));
      const end = cut === at ? Math.min(frame.length, from + most) : cut;
      this.#writer.byte(starts ? startFollows : 0);
      this.#writer.byte(0);
      this.#writer.bytes(frame, from, end);
      this.#writer.send(end === frame.length);
      at = end;
    }
  }
}

import { randomInt } from 'node:crypto';
import { FrameAssembler } from '../../../video/frame-assembler.ts';
import { H264Packetizer } from '../../../video/h264/packetizer.ts';
import type { PacketSink } from '../../../video/packet-writer.ts';

/** H.264 in any packets → one NAL unit a packet (RFC 6184 §6.2), for devices that take nothing else. */
export class SingleNals {
  readonly #packetizer: H264Packetizer;
  readonly #assembler: FrameAssembler;
  #sink: PacketSink = () => undefined;

  constructor(payloadType: number) {
    this.#packetizer = new H264Packetizer({ ssrc: randomInt(1, 0x1_0000_0000), payloadType }, 0);
    this.#assembler = new FrameAssembler({
      formats: [{ codec: 'H264', payloadType }],
      onFrame: ({ data, timestamp }) => this.#packetizer.packetize(data, timestamp, this.#sink),
    });
  }

  /** A packet, which is given away. What it completes goes to `sink`. */
  write(packet: Buffer, sink: PacketSink): void {
    this.#sink = sink;
    this.#assembler.write(packet, performance.now());
  }
}

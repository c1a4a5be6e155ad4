import { PacketWriter } from '../packet-writer.ts';
import type { PacketSink, PacketStream } from '../packet-writer.ts';
import type { Packetizer } from '../packetizer.ts';
import { newVp8Descriptor, writeVp8Descriptor } from './descriptor.ts';
import { isVp8KeyFrame } from './frame-header.ts';

const descriptorBytes = 4;

/**
 * VP8 frames into RTP (RFC 7741 §4): cut anywhere, into packets about as large as each other, with a picture ID of 15
 * bits, by which a receiver knows whether a whole frame was lost.
 */
export class Vp8Packetizer implements Packetizer {
  readonly #writer: PacketWriter;
  readonly #descriptor = { ...newVp8Descriptor(), pictureId: 0, longPictureId: true };

  constructor(stream: PacketStream) {
    this.#writer = new PacketWriter(stream);
  }

  packetize(frame: Buffer, timestamp: number, sink: PacketSink): void {
    const count = Math.ceil(frame.length / (this.#writer.maxPayloadBytes - descriptorBytes));
    const size = Math.ceil(frame.length / count);
    this.#writer.begin(timestamp, frame.length > 0 && isVp8KeyFrame(frame, 0), sink);
    for (let at = 0; at < frame.length; at += size) {
      this.#descriptor.startsFrame = at === 0;
      writeVp8Descriptor(this.#writer, this.#descriptor);
      this.#writer.bytes(frame, at, Math.min(frame.length, at + size));
      this.#writer.send(at + size >= frame.length);
    }
    this.#descriptor.pictureId = (this.#descriptor.pictureId + 1) & 0x7fff;
  }
}

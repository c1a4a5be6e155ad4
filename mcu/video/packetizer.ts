import type { PacketSink } from './packet-writer.ts';

/** Cuts encoded frames into the RTP packets of one stream, in whose sequence they go on. */
export interface Packetizer {
  /**
   * One whole frame as the encoder gave it (H264: a byte stream of annex B).
   * @param timestamp 90 kHz, 32 bits.
   */
  packetize(frame: Buffer, timestamp: number, sink: PacketSink): void;
}

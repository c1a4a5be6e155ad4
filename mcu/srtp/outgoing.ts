import type { SrtpContext } from './types.ts';

/** RTP packets that a network carries in one piece, and what protection adds. */
const bufferBytes = 2048;
/** Node reads a datagram's memory within `send`, unless the socket's own buffer is full; so many may wait there. */
const buffers = 256;

/** Shared by all legs of the process; made when the first one is encrypted. */
let ring: Buffer[] | null = null;
let turn = 0;

/** The protected packet, in memory that is used again soon; null: the context does not protect it. */
export function protectTo(
  context: SrtpContext,
  how: 'protectRtp' | 'protectRtcp',
  packet: Buffer,
): Buffer | null {
  const out = bufferFor(packet.length + context.overhead);
  const length = context[how](packet, out);
  return length < 0 ? null : out.subarray(0, length);
}

function bufferFor(bytes: number): Buffer {
  if (bytes > bufferBytes) return Buffer.allocUnsafe(bytes);
  ring ??= Array.from({ length: buffers }, () => Buffer.allocUnsafeSlow(bufferBytes));
  turn = (turn + 1) % buffers;
  return ring[turn];
}

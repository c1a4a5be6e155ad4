/** What a packet of Opus tells without being decoded (RFC 6716 §3). */

/** Frame lengths of SILK and hybrid configurations, in ms, and whether they are hybrid (RFC 6716 table 2). */
const silkFrameMs = [10, 20, 40, 60] as const;
const hybridFrameMs = [10, 20] as const;
const firstHybrid = 12;
const firstCelt = 16;

/**
 * How much of what was before it a packet repeats (in-band FEC, RFC 6716 §2.1.7, §4.2.3 and §4.2.4), in ms: as much
 * as its first frame holds; 0: nothing. As `opus_packet_has_lbrr` of libopus 1.5 finds it.
 */
export function repeatedMs(packet: Buffer, start: number, end: number): number {
  const config = packet[start] >> 3;
  if (end - start < 2 || config >= firstCelt) return 0;
  const frameMs = config < firstHybrid ? silkFrameMs[config & 3] : hybridFrameMs[(config - firstHybrid) & 1];
  const first = firstFrame(packet, start, end);
  if (first < 0) return 0;
  // SILK's header: a voice activity bit for each 20 ms and one bit for FEC, for the middle channel, then the side one.
  const parts = Math.max(1, frameMs / 20);
  const bits = packet[first];
  const isStereo = (packet[start] & 4) !== 0;
  const middle = (bits >> (7 - parts)) & 1;
  const side = isStereo ? (bits >> (6 - 2 * parts)) & 1 : 0;
  return middle | side ? frameMs : 0;
}

/** Where the first frame begins (RFC 6716 §3.2); −1: there is none. */
function firstFrame(packet: Buffer, start: number, end: number): number {
  const code = packet[start] & 3;
  let at = start + 1;
  if (code < 2) return at;
  let lengths = 1;
  if (code === 3) {
    const header = packet[at++];
    const isVariable = (header & 0x80) !== 0;
    const count = header & 0x3f;
    if (count === 0) return -1;
    // RFC 6716 §3.2.5: 255 stands for 254 octets of padding, and goes on.
    if (header & 0x40) while (at < end && packet[at++] === 255);
    lengths = isVariable ? count - 1 : 0;
  }
  for (let i = 0; i < lengths; i++) {
    const size = packet[at++];
    if (i === 0 && size === 0) return -1;
    // RFC 6716 §3.2.1.
    if (size >= 252) at++;
  }
  return at < end ? at : -1;
}

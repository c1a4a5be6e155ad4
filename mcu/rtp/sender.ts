import { randomInt } from 'node:crypto';
import { rewriteRtp, timestampDelta, writeUint32 } from './packet.ts';

/** A jump of a source's timestamps beyond this is a new source, not a gap. */
const longestGapSeconds = 2;

/** What reports tell of a stream that is sent: of its present SSRC (RFC 3550 §6.4.1). */
export interface SentStream {
  readonly ssrc: number;
  readonly packets: number;
  /** Of payload. */
  readonly octets: number;
  /** The timestamp that corresponds to now (RFC 3550 §6.4.1). */
  timestampNow(): number;
}

/**
 * One outgoing RTP stream towards a peer: one SSRC, sequence and timestamps that go on without a break,
 * whatever source (prompt, mix, echo, another engine process) the packets come from.
 */
export class RtpSender implements SentStream {
  readonly #clockHz: number;
  readonly #now: () => number;
  readonly #timestampBase = randomInt(0x1_0000_0000);
  readonly #startedMs: number;
  #sequence = firstSequence();
  #timestamp: number;
  #sourceTimestamp = 0;
  #eventTimestamp = 0;
  #newSource = true;
  #lastSentMs = 0;
  #packetsBefore = 0;
  ssrc = randomInt(1, 0x1_0000_0000);
  packets = 0;
  octets = 0;

  constructor(clockHz: number, now: () => number) {
    this.#clockHz = clockHz;
    this.#now = now;
    this.#startedMs = now();
    this.#timestamp = this.#timestampBase;
  }

  /** The next packet comes from elsewhere: time says how far the timestamps go on. */
  changeSource(): void {
    this.#newSource = true;
  }

  /** Our SSRC is somebody else's (RFC 3550 §8.2), or the stream begins anew under another key. */
  changeSsrc(): void {
    this.ssrc = randomInt(1, 0x1_0000_0000);
    this.#sequence = firstSequence();
    this.#packetsBefore += this.packets;
    this.packets = this.octets = 0;
  }

  /** Packets of all SSRCs that it had. */
  get allPackets(): number {
    return this.#packetsBefore + this.packets;
  }

  /** Makes a source's packet the stream's next one, in place. */
  stamp(packet: Buffer, payloadType: number, sourceTimestamp: number): void {
    const nowMs = this.#now();
    const step = timestampDelta(sourceTimestamp, this.#sourceTimestamp);
    let marker = false;
    if (this.#newSource || step <= 0 || step > longestGapSeconds * this.#clockHz) {
      // Timestamps follow the clock over a pause, but never stand still or go back.
      const elapsed = Math.round(((nowMs - this.#startedMs) * this.#clockHz) / 1000);
      const byClock = (this.#timestampBase + elapsed) >>> 0;
      const ahead = timestampDelta(byClock, this.#timestamp);
      const frame = this.#clockHz / 50;
      // RFC 3551 §4.1: the marker opens a talkspurt, so that jitter buffers may adapt.
      marker = this.packets === 0 || ahead > 2 * frame;
      this.#timestamp = ahead > frame ? byClock : (this.#timestamp + frame) >>> 0;
      this.#newSource = false;
    } else {
      this.#timestamp = (this.#timestamp + step) >>> 0;
    }
    this.#sourceTimestamp = sourceTimestamp;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#lastSentMs = nowMs;
    rewriteRtp(packet, payloadType, marker, this.#sequence, this.#timestamp);
    writeUint32(packet, 8, this.ssrc);
    this.packets++;
    this.octets += packet.length - 12;
  }

  /**
   * The same for a packet of an event (RFC 4733 §2.5.1.2): all of them have the timestamp of the first, while the stream
   * goes on beneath them.
   */
  stampEvent(packet: Buffer, payloadType: number, sourceTimestamp: number, isFirst: boolean): void {
    this.stamp(packet, payloadType, sourceTimestamp);
    if (isFirst) this.#eventTimestamp = this.#timestamp;
    packet[1] = isFirst ? payloadType | 0x80 : payloadType;
    writeUint32(packet, 4, this.#eventTimestamp);
  }

  timestampNow(): number {
    const sinceMs = this.#now() - this.#lastSentMs;
    return (this.#timestamp + Math.round((sinceMs * this.#clockHz) / 1000)) >>> 0;
  }
}

/** RFC 3711 §3.3.1: from the lower half, so that first packets that get lost leave no doubt about the rollover counter. */
export function firstSequence(): number {
  return randomInt(0x8000);
}

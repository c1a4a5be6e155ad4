import { randomInt } from 'node:crypto';
import { SentPackets } from './sent-packets.ts';
import type { SentPacket } from './sent-packets.ts';
import { readUint32, rewriteRtp, sequenceDelta, timestampDelta, writeUint32 } from './packet.ts';
import { firstSequence } from './sender.ts';
import type { SentStream } from './sender.ts';
import type { RtpTransport } from './transport.ts';

const clockPerMs = 90;
/** More than any frame has, and a second and a half of 3 Mbit/s. */
const keptPackets = 512;
/** A key frame would else leave as one burst, which a narrow link's queue drops the end of. */
const packetsAtOnce = 10;
const paceMs = 2;
/** A source that jumps by more is another one: so many packets, or ten seconds. */
const longestStep = 256;
const longestGapTicks = 10_000 * clockPerMs;
/** What lies between two sources at least: a frame. */
const frameTicks = 3000;

/**
 * A leg's video on its way out: one SSRC, and numbers that go on without a break whatever feed the packets come from.
 * Packets are shared with other viewers, so that each is copied here, once: for the pace, and for those that get lost.
 */
export class VideoSender implements SentStream {
  readonly #transport: Pick<RtpTransport, 'open' | 'sendRtp' | 'resendRtp'>;
  readonly #now: () => number;
  readonly #ring = new SentPackets(keptPackets);
  #sequence = firstSequence();
  #timestamp = randomInt(0x1_0000_0000);
  /** The last packet as its source numbered it. */
  #sourceSsrc = -1;
  #sourceSequence = 0;
  #sourceTimestamp = 0;
  #frameMs = 0;
  /** The last one that has had its turn; those after it wait. */
  #served = this.#sequence;
  #credit = packetsAtOnce;
  #creditMs = 0;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;
  #packetsBefore = 0;
  ssrc = randomInt(1, 0x1_0000_0000);
  packets = 0;
  octets = 0;

  constructor(transport: Pick<RtpTransport, 'open' | 'sendRtp' | 'resendRtp'>, now: () => number) {
    this.#transport = transport;
    this.#now = now;
  }

  /** Sends a source's packet, which is lent, as the stream's next one. */
  write(packet: Buffer, payloadType: number): void {
    if (this.#closed || !this.#transport.open) return;
    const nowMs = this.#now();
    const sequence = this.#next(packet, nowMs);
    // A source that floods gets no more memory for it.
    while (this.#waiting >= keptPackets) this.#serve(nowMs);
    const slot = this.#ring.put(sequence, packet);
    rewriteRtp(slot.packet, payloadType, packet[1] > 0x7f, sequence, this.#timestamp);
    writeUint32(slot.packet, 8, this.ssrc);
    this.#drain(nowMs);
  }

  /** A packet that the peer misses. */
  resend(sequence: number): void {
    const wire = this.#ring.again(sequence, this.#now());
    if (wire) this.#transport.resendRtp(wire);
  }

  /** How many packets were sent again. */
  get resent(): number {
    return this.#ring.resent;
  }

  /** What is sent next belongs to a new stream: nothing of the old one is sent any more. */
  changeSsrc(): void {
    this.ssrc = randomInt(1, 0x1_0000_0000);
    this.#sequence = this.#served = firstSequence();
    this.#ring.clear();
    this.#packetsBefore += this.packets;
    this.packets = this.octets = 0;
  }

  /** Packets of all SSRCs that it had. */
  get allPackets(): number {
    return this.#packetsBefore + this.packets;
  }

  timestampNow(): number {
    return (this.#timestamp + Math.round((this.#now() - this.#frameMs) * clockPerMs)) >>> 0;
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  get #waiting(): number {
    return sequenceDelta(this.#sequence, this.#served);
  }

  /** The stream's number for a source's next packet; moves the timestamp on. A gap in the source stays one. */
  #next(packet: Buffer, nowMs: number): number {
    const ssrc = readUint32(packet, 8);
    const sequence = (packet[2] << 8) | packet[3];
    const timestamp = readUint32(packet, 4);
    const step = sequenceDelta(sequence, this.#sourceSequence);
    const ticks = timestampDelta(timestamp, this.#sourceTimestamp);
    const goesOn =
      ssrc === this.#sourceSsrc && step > 0 && step < longestStep && ticks >= 0 && ticks < longestGapTicks;
    if (goesOn) this.#timestamp = (this.#timestamp + ticks) >>> 0;
    else if (this.#sourceSsrc >= 0) {
      // Time says how far another source's timestamps are from the last one's.
      const elapsed = Math.round((nowMs - this.#frameMs) * clockPerMs);
      this.#timestamp = (this.#timestamp + Math.max(frameTicks, elapsed)) >>> 0;
    }
    if (!goesOn || ticks > 0) this.#frameMs = nowMs;
    this.#sourceSsrc = ssrc;
    this.#sourceSequence = sequence;
    this.#sourceTimestamp = timestamp;
    this.#sequence = (this.#sequence + (goesOn ? step : 1)) & 0xffff;
    return this.#sequence;
  }

  #drain(nowMs: number): void {
    const earned = ((nowMs - this.#creditMs) / paceMs) * packetsAtOnce;
    this.#credit = Math.min(packetsAtOnce, this.#credit + earned);
    this.#creditMs = nowMs;
    while (this.#waiting > 0 && this.#credit >= 1) {
      this.#credit--;
      this.#serve(nowMs);
    }
    if (this.#waiting > 0 && !this.#timer) this.#timer = setTimeout(this.#tick, paceMs);
  }

  readonly #tick = (): void => {
    this.#timer = null;
    if (!this.#closed) this.#drain(this.#now());
  };

  /** The oldest one that waits has its turn, unless its source left it out. */
  #serve(nowMs: number): void {
    this.#served = (this.#served + 1) & 0xffff;
    const slot = this.#ring.find(this.#served);
    if (slot) this.#send(slot, nowMs);
  }

  #send(slot: SentPacket, nowMs: number): void {
    const { length } = slot.packet;
    const wire = this.#transport.sendRtp(slot.packet);
    if (!wire) {
      slot.sequence = -1;
      return;
    }
    this.#ring.sent(slot, wire, nowMs);
    this.packets++;
    this.octets += length - 12;
  }
}

import { G722Encoder } from '../../codecs/g722.ts';
import { clockHzOf } from '../../codecs/codec.ts';
import { silenceOctet } from '../../codecs/g711.ts';
import type { AudioCodec } from '../../ports.ts';
import { readUint32, rewriteRtp, newRtpPacket, rtpHeaderBytes } from '../../rtp/packet.ts';

const frameMs = 20;
/** So long nothing has come when FreeSWITCH has nothing to send. */
const idleAfterMs = 60;

/** 20 ms of silence. */
const silence: Readonly<Record<AudioCodec, Buffer>> = {
  PCMU: Buffer.alloc(160, silenceOctet.PCMU),
  PCMA: Buffer.alloc(160, silenceOctet.PCMA),
  G722: silentG722(),
  // RFC 6716 §3.1: CELT, full band, 20 ms, mono, and a frame that says nothing.
  opus: Buffer.from([0xf8, 0xff, 0xfe]),
};

function silentG722(): Buffer {
  const frame = Buffer.alloc(160);
  new G722Encoder().encode(new Int16Array(320), 320, frame, 0);
  return frame;
}

/**
 * What a caller hears while FreeSWITCH sends nothing, as it does to a channel that is in no conference and is played
 * nothing: devices and firewalls between take a line without packets for a dead one.
 */
export class IdleLine {
  readonly #packet: Buffer;
  readonly #payloadType: number;
  readonly #ticks: number;
  #timestamp = 0;
  #sequence = 0;
  #heardMs = -Infinity;

  constructor(codec: AudioCodec, payloadType: number) {
    const payload = silence[codec];
    this.#packet = newRtpPacket(payload.length, payloadType, 0);
    payload.copy(this.#packet, rtpHeaderBytes);
    this.#payloadType = payloadType;
    this.#ticks = (clockHzOf(codec) * frameMs) / 1000;
  }

  /** Something has come. */
  heard(packet: Buffer): void {
    this.#timestamp = readUint32(packet, 4);
    this.#heardMs = performance.now();
  }

  /** Null: the line isn't idle. Otherwise lent until the next call. */
  next(nowMs: number): Buffer | null {
    if (nowMs - this.#heardMs < idleAfterMs) return null;
    this.#timestamp = (this.#timestamp + this.#ticks) >>> 0;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    rewriteRtp(this.#packet, this.#payloadType, false, this.#sequence, this.#timestamp);
    return this.#packet;
  }
}

/** One beat for all lines; it runs while there are any. */
export class IdleBeat {
  readonly #lines = new Map<IdleLine, (packet: Buffer) => void>();
  #timer: NodeJS.Timeout | null = null;

  /** Idempotent. */
  join(line: IdleLine, onPacket: (packet: Buffer) => void): void {
    this.#lines.set(line, onPacket);
    this.#timer ??= setInterval(this.#beat, frameMs);
  }

  /** Idempotent. */
  leave(line: IdleLine): void {
    this.#lines.delete(line);
    if (this.#lines.size > 0 || !this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  readonly #beat = (): void => {
    const nowMs = performance.now();
    for (const [line, onPacket] of this.#lines) {
      const packet = line.next(nowMs);
      if (packet) onPacket(packet);
    }
  };
}

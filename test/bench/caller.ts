import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import type { CallerSrtp } from './caller-srtp.ts';
import type { Coding } from './codings.ts';

const gapMs = 40;
const keptPackets = 50;
/** A header, and the most that an Opus frame takes. */
const longestPacket = 12 + 1275;

/** Audio as one caller got it in the time that was measured. */
export interface Heard {
  readonly packets: number;
  /** Sequence numbers that never came. */
  readonly lost: number;
  /** Times that nothing came for more than 40 ms. */
  readonly gaps: number;
}

/** One telephone's media: a socket of its own, packets made beforehand, nothing kept but the last second. */
export class CallerMedia {
  readonly port: number;
  firstPacketMs: number | null = null;
  /** For a closer look at what comes: payload and arrival. */
  onPayload: ((payload: Buffer, atMs: number) => void) | null = null;
  /** Payloads begin with when they leave, 0.01 ms; for calls that come back as they are. */
  stamped = false;
  /** Of an encrypted call. */
  srtp: CallerSrtp | null = null;
  readonly #socket: Socket;
  readonly #timestampStep: number;
  readonly #packet = Buffer.alloc(longestPacket);
  readonly #last: Buffer[] = [];
  #sequence = Math.floor(Math.random() * 65_536);
  #timestamp = Math.floor(Math.random() * 2 ** 32);
  #nextMs = Infinity;
  /** To be sent before all else. */
  readonly #words: Buffer[] = [];
  #onSaid: ((atMs: number) => void) | null = null;
  #at = 0;
  #sent = 0;
  #packets = 0;
  #lost = 0;
  #gaps = 0;
  #newest = -1;
  #lastMs = 0;

  private constructor(socket: Socket, { payloadType, timestampStep }: Coding) {
    this.#timestampStep = timestampStep;
    this.#socket = socket;
    this.port = socket.address().port;
    this.#packet[0] = 0x80;
    this.#packet[1] = payloadType;
    this.#packet.writeUInt32BE(Math.floor(Math.random() * 2 ** 32), 8);
    socket.on('message', (packet) => this.#take(packet));
    // A gateway that has closed its port already.
    socket.on('error', () => undefined);
  }

  static async open(coding: Coding): Promise<CallerMedia> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 18 });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new CallerMedia(socket, coding);
  }

  /** Sends from now on. */
  async start(remotePort: number, phaseMs: number): Promise<void> {
    this.#socket.connect(remotePort, '127.0.0.1');
    await once(this.#socket, 'connect');
    this.#nextMs = performance.now() + phaseMs;
  }

  stop(): void {
    this.#nextMs = Infinity;
  }

  /** Sends these payloads next; resolves with the time at which the first one left. */
  say(payloads: readonly Buffer[]): Promise<number> {
    this.#words.push(...payloads);
    return new Promise((resolve) => {
      this.#onSaid = resolve;
    });
  }

  /** To be called every few ms: sends what is due. */
  beat(nowMs: number, payloads: readonly Buffer[]): void {
    while (this.#nextMs <= nowMs) {
      this.#nextMs += 20;
      this.#sequence = (this.#sequence + 1) & 0xffff;
      this.#timestamp = (this.#timestamp + this.#timestampStep) >>> 0;
      this.#packet.writeUInt16BE(this.#sequence, 2);
      this.#packet.writeUInt32BE(this.#timestamp, 4);
      const word = this.#words.shift();
      const payload = word ?? payloads[this.#at];
      this.#packet.set(payload, 12);
      if (this.stamped) this.#packet.writeUInt32BE(Math.round(performance.now() * 100), 12);
      this.#sent++;
      this.#at = (this.#at + 1) % payloads.length;
      const packet = this.#packet.subarray(0, 12 + payload.length);
      this.#socket.send(this.srtp ? this.srtp.protect(packet) : packet);
      if (word) this.#onSaid?.(performance.now());
      if (word) this.#onSaid = null;
    }
  }

  /** Packets that left. */
  get sent(): number {
    return this.#sent;
  }

  /** What came since the last `forget`. */
  heard(): Heard {
    return { packets: this.#packets, lost: this.#lost, gaps: this.#gaps };
  }

  /** The last second's payloads. */
  lastSecond(): readonly Buffer[] {
    const begin = this.#packets % keptPackets;
    return [...this.#last.slice(begin), ...this.#last.slice(0, begin)];
  }

  forget(): void {
    this.#packets = this.#lost = this.#gaps = 0;
    this.#newest = -1;
  }

  close(): void {
    this.stop();
    this.#socket.close();
  }

  #take(wire: Buffer): void {
    const packet = this.srtp ? this.srtp.open(wire) : wire;
    if (!packet || packet.length < 12) return;
    const nowMs = performance.now();
    this.firstPacketMs ??= nowMs;
    const sequence = packet.readUInt16BE(2);
    if (this.#newest >= 0) {
      const step = ((sequence - this.#newest) << 16) >> 16;
      // One that comes late was counted as lost before.
      if (step > 0) this.#lost += step - 1;
      else if (step < 0) this.#lost--;
      if (step > 0) this.#newest = sequence;
      if (nowMs - this.#lastMs > gapMs) this.#gaps++;
    } else this.#newest = sequence;
    this.#lastMs = nowMs;
    const payload = packet.subarray(12);
    this.#last[this.#packets % keptPackets] = payload;
    this.onPayload?.(payload, nowMs);
    this.#packets++;
  }
}

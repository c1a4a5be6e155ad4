import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { isRtcp } from '../../mcu/rtp/packet.ts';
import type { SrtpContext } from '../../mcu/srtp/types.ts';
import { decodeLaw, encodeLaw, joinSamples } from './audio.ts';
import type { Law } from './audio.ts';
import { opened, protectedRtcp, protectedRtp } from './srtp.ts';

export interface HeardPacket {
  readonly atMs: number;
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Buffer;
}

/** A phone's media: two loopback sockets, 50 packets a second out, everything that comes in kept. */
export class Phone {
  readonly law: Law;
  readonly payloadType: number;
  readonly packets: HeardPacket[] = [];
  readonly reports: Buffer[] = [];
  /** What the way to the gateway does to each packet; null: nothing. */
  way: ((packet: Buffer, send: () => void) => void) | null = null;
  ssrc = 0x1000_0000 + Math.floor(Math.random() * 0xfff_ffff);
  /** Keys of an encrypted call; what comes under another one is `garbled`. */
  srtp: { readonly send: SrtpContext; readonly receive: readonly SrtpContext[] } | null = null;
  garbled = 0;
  /** Takes each packet that comes, whole, and each RTCP packet. */
  onPacket: ((packet: Buffer) => void) | null = null;
  onReport: ((packet: Buffer) => void) | null = null;
  /** Takes what is no media (RFC 7983): STUN, DTLS. */
  onOther: ((datagram: Buffer, from: RemoteInfo) => void) | null = null;
  #rtp: Socket;
  readonly #rtcp: Socket;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;
  #sequence = 65_500;
  #timestamp = 4_294_960_000;
  #target = { address: '127.0.0.1', rtpPort: 9, rtcpPort: 9 };

  private constructor(law: Law, rtp: Socket, rtcp: Socket) {
    this.law = law;
    this.payloadType = law === 'PCMU' ? 0 : 8;
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    this.#listen();
    rtcp.on('message', (wire) => {
      const packet = this.#opened('unprotectRtcp', wire);
      if (!packet) return;
      this.reports.push(packet);
      this.onReport?.(packet);
    });
  }

  /** @param address of loopback: `127.0.0.1` or `::1` */
  static async open(law: Law = 'PCMU', address = '127.0.0.1'): Promise<Phone> {
    return new Phone(law, await bound(address), await bound(address));
  }

  get remote(): { address: string; rtpPort: number; rtcpPort: number } {
    return {
      address: this.#rtp.address().address,
      rtpPort: this.#rtp.address().port,
      rtcpPort: this.#rtcp.address().port,
    };
  }

  /** Where its sound goes. */
  get peer(): { address: string; port: number } {
    return { address: this.#target.address, port: this.#target.rtpPort };
  }

  /** Where the phone sends to. */
  dial(target: { address: string; rtpPort: number; rtcpPort: number }): void {
    this.#target = target;
  }

  /** Goes on from another port, as behind a NAT that forgot. */
  async moveRtp(): Promise<void> {
    const { address } = this.#rtp.address();
    this.#rtp.close();
    this.#rtp = await bound(address);
    this.#listen();
  }

  /** Speaks until told otherwise; `sound` gives 160 samples for each packet. */
  speak(sound: (from: number) => Int16Array): void {
    this.hush();
    const begin = performance.now();
    let index = 0;
    this.#timer = setInterval(() => {
      while (index * 20 <= performance.now() - begin) {
        this.sendAudio(encodeLaw(this.law, sound(index * 160)));
        index++;
      }
    }, 5);
  }

  hush(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  sendAudio(payload: Buffer): void {
    this.#timestamp = (this.#timestamp + 160) >>> 0;
    this.sendRtp(this.payloadType, this.#timestamp, payload, false);
  }

  sendRtp(payloadType: number, timestamp: number, payload: Buffer, marker: boolean): void {
    const header = Buffer.alloc(12);
    header[0] = 0x80;
    header[1] = payloadType | (marker ? 0x80 : 0);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    header.writeUInt16BE(this.#sequence, 2);
    header.writeUInt32BE(timestamp, 4);
    header.writeUInt32BE(this.ssrc, 8);
    const packet = Buffer.concat([header, payload]);
    if (this.way) this.way(packet, () => this.sendRaw(packet));
    else this.sendRaw(packet);
  }

  sendRaw(packet: Buffer): void {
    const wire = this.srtp ? protectedRtp(this.srtp.send, packet) : packet;
    this.sendWire(wire);
  }

  /** As it is, in an encrypted call too. */
  sendWire(wire: Buffer): void {
    // What is still on its way may arrive after the end.
    if (this.#closed) return;
    this.#rtp.send(wire, this.#target.rtpPort, this.#target.address);
  }

  sendRtcp(packet: Buffer): void {
    const wire = this.srtp ? protectedRtcp(this.srtp.send, packet) : packet;
    this.#rtcp.send(wire, this.#target.rtcpPort, this.#target.address);
  }

  /** One key press as phones send it: updates, then the end three times (RFC 4733 §2.5.1.4). */
  press(key: string, payloadType = 101): void {
    const event = '0123456789*#ABCD'.indexOf(key);
    this.#timestamp = (this.#timestamp + 1600) >>> 0;
    const timestamp = this.#timestamp;
    const lengths = [160, 320, 480, 640, 800, 800, 800];
    lengths.forEach((duration, i) => {
      const payload = Buffer.from([event, i >= 4 ? 0x8a : 0x0a, duration >> 8, duration & 0xff]);
      this.sendRtp(payloadType, timestamp, payload, i === 0);
    });
    this.#timestamp = (this.#timestamp + 800) >>> 0;
  }

  /** What was heard in the last so many ms, silence where nothing came. */
  heard(lastMs: number, sinceMs = -Infinity): Int16Array {
    const packets = this.packets.slice(-lastMs / 20).filter(({ atMs }) => atMs >= sinceMs);
    const heard = joinSamples(packets.map(({ payload }) => decodeLaw(this.law, payload)));
    const all = new Int16Array(Math.max(lastMs * 8, heard.length));
    all.set(heard, all.length - heard.length);
    return all;
  }

  close(): void {
    this.#closed = true;
    this.hush();
    this.#rtp.close();
    this.#rtcp.close();
  }

  #opened(how: 'unprotectRtp' | 'unprotectRtcp', wire: Buffer): Buffer | null {
    if (!this.srtp) return wire;
    for (const context of this.srtp.receive) {
      const packet = opened(context, how, wire);
      if (packet) return packet;
    }
    this.garbled++;
    return null;
  }

  #listen(): void {
    this.#rtp.on('message', (wire, from) => {
      if (this.onOther && (wire[0] < 128 || wire[0] > 191)) {
        this.onOther(wire, from);
        return;
      }
      const shared = this.onOther && isRtcp(wire);
      const packet = this.#opened(shared ? 'unprotectRtcp' : 'unprotectRtp', wire);
      if (!packet) return;
      if (shared) {
        this.reports.push(packet);
        return;
      }
      this.onPacket?.(packet);
      this.packets.push({
        atMs: performance.now(),
        payloadType: packet[1] & 0x7f,
        marker: packet[1] > 0x7f,
        sequence: packet.readUInt16BE(2),
        timestamp: packet.readUInt32BE(4),
        ssrc: packet.readUInt32BE(8),
        payload: packet.subarray(12),
      });
    });
  }
}

async function bound(address: string): Promise<Socket> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}

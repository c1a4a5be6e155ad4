import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { decodeG711, encodeG711 } from '../../../mcu/codecs/g711.ts';
import { newRtpPacket, newRtpView, parseRtp, rewriteRtp, rtpHeaderBytes } from '../../../mcu/rtp/packet.ts';
import { everyFrame } from './paced.ts';
import { toneSource, ToneEar } from './tone.ts';
import { awaited } from './wait.ts';

export const voiceType = 0;
export const eventType = 101;
const rateHz = 8_000;
const frameSamples = 160;
const keys = '0123456789*#';
/** RFC 4733 §2.5.1: in frames of 20 ms. */
const keyFrames = 5;
const pauseFrames = 4;
const endPackets = 3;

/** A telephone’s media, in PCMU: says a tone, types digits, listens for a tone. */
export class PhoneMedia {
  readonly #socket: Socket;
  readonly #ssrc = randomInt(1, 0x1_0000_0000);
  readonly #stop: () => void;
  readonly #typing: { readonly key: number; frame: number }[] = [];
  #target: { readonly address: string; readonly port: number } | null = null;
  #tone: ((count: number) => Int16Array) | null = null;
  #sequence = randomInt(0x1_0000);
  #timestamp = randomInt(0x1_0000_0000);
  #ear: { readonly ear: ToneEar; readonly heard: () => void } | null = null;
  /** RTP packets that came. */
  packets = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const view = newRtpView();
    socket.on('error', () => undefined);
    socket.on('message', (packet) => {
      if (!parseRtp(packet, view) || view.payloadType !== voiceType) return;
      this.packets++;
      if (!this.#ear) return;
      const samples = new Int16Array(view.payloadEnd - view.payloadStart);
      decodeG711('PCMU', packet, view.payloadStart, view.payloadEnd, samples, 0);
      this.#ear.ear.hear(samples);
      if (this.#ear.ear.heard) this.#ear.heard();
    });
    this.#stop = everyFrame(() => this.#frame());
  }

  static async open(address: string): Promise<PhoneMedia> {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4').bind({ address, port: 0 });
    await once(socket, 'listening');
    return new PhoneMedia(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Sends from now on, at first silence, so that the other side knows where we are. */
  connect(target: { readonly address: string; readonly port: number }): void {
    this.#target = target;
  }

  say(hz: number): void {
    this.#tone = toneSource(hz, rateHz);
  }

  /** @param digits of 0–9, `*` and `#` */
  type(digits: string): void {
    for (const digit of digits) this.#typing.push({ key: keys.indexOf(digit), frame: 0 });
  }

  /** Resolves once this tone was heard; the signal’s reason rejects. */
  hears(hz: number, signal: AbortSignal): Promise<void> {
    const { done, settle } = awaited(signal);
    this.#ear = { ear: new ToneEar(hz, rateHz), heard: settle };
    return done;
  }

  close(): void {
    this.#stop();
    this.#socket.close();
  }

  #frame(): void {
    this.#timestamp = (this.#timestamp + frameSamples) >>> 0;
    if (this.#target === null) return;
    const pressed = this.#typing.at(0);
    if (pressed) this.#event(pressed);
    else this.#voice();
  }

  #voice(): void {
    const samples = this.#tone?.(frameSamples) ?? new Int16Array(frameSamples);
    const packet = newRtpPacket(frameSamples, voiceType, this.#ssrc);
    encodeG711('PCMU', samples, frameSamples, packet.subarray(rtpHeaderBytes), 0);
    this.#send(packet, voiceType, false, this.#timestamp);
  }

  /** RFC 4733 §2.3: event, end and volume, duration; all packets of an event have its first timestamp. */
  #event(pressed: { readonly key: number; frame: number }): void {
    const { key, frame } = pressed;
    pressed.frame++;
    if (frame >= keyFrames) {
      if (frame >= keyFrames + pauseFrames) this.#typing.shift();
      return;
    }
    const isEnd = frame === keyFrames - 1;
    const began = (this.#timestamp - frame * frameSamples) >>> 0;
    for (let i = 0; i < (isEnd ? endPackets : 1); i++) {
      const packet = newRtpPacket(4, eventType, this.#ssrc);
      packet[rtpHeaderBytes] = key;
      packet[rtpHeaderBytes + 1] = isEnd ? 0x8a : 0x0a;
      packet.writeUInt16BE((frame + 1) * frameSamples, rtpHeaderBytes + 2);
      this.#send(packet, eventType, frame === 0, began);
    }
  }

  #send(packet: Buffer, type: number, marker: boolean, timestamp: number): void {
    if (this.#target === null) return;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    rewriteRtp(packet, type, marker, this.#sequence, timestamp);
    this.#socket.send(packet, this.#target.port, this.#target.address, () => undefined);
  }
}

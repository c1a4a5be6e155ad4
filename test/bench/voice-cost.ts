/** What one voice costs in the engine, codecs aside: jitter buffer, concealment, levelling, limiter. */
import { Voice } from '../../mcu/engines/embedded/voice.ts';
import { Leveller } from '../../mcu/mixer/levelling.ts';
import { Limiter } from '../../mcu/mixer/limiter.ts';
import { newRtpView } from '../../mcu/rtp/packet.ts';
import { tone } from '../support/audio.ts';
import { seeded } from '../support/network-path.ts';
import { round } from './numbers.ts';

const frames = 20_000;
const warmUpFrames = 3000;
const rates = [8000, 16_000, 48_000] as const;

export interface VoiceCost {
  readonly rateHz: number;
  /** CPU per 20 ms frame, with 15 ms of jitter and 5 % of the packets lost. */
  readonly usPerFrame: number;
}

export function voiceCost(): VoiceCost[] {
  return rates.map((rateHz) => ({ rateHz, usPerFrame: round(measure(rateHz), 1) }));
}

function measure(rateHz: number): number {
  const size = rateHz / 50;
  const wave = tone(400, 6000, size, 0, rateHz);
  const decoder = {
    decode: (_packet: Buffer, _start: number, _end: number, out: Int16Array, at: number) => {
      out.set(wave, at);
      return size;
    },
  };
  const voice = new Voice({ decoder, rateHz, clockHz: rateHz, longestDelayMs: 300 });
  const leveller = new Leveller();
  const limiter = new Limiter();
  const frame = new Int16Array(size);
  const heard = new Int16Array(size);
  const total = new Int32Array(size);
  const packet = Buffer.alloc(4);
  const view = newRtpView();
  view.payloadEnd = packet.length;
  const random = seeded(1);
  let before = process.cpuUsage();
  for (let index = 0; index < warmUpFrames + frames; index++) {
    if (index === warmUpFrames) before = process.cpuUsage();
    view.sequence = index & 0xffff;
    view.timestamp = index * size;
    if (random() >= 0.05) voice.put(packet, view, index * 20 + random() * 15);
    if (voice.pull(frame, index * 20 + 20)) leveller.level(frame);
    total.set(frame);
    limiter.mix(total, null, heard);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / frames;
}

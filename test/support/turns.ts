/** An Opus listener of a room who speaks and falls silent in turns, and what is heard by him meanwhile. */
import { Decoder, Encoder } from '@evan/opus';
import { Mixing } from '../../mcu/engines/embedded/mixing.ts';
import type { OpusWishes } from '../../mcu/ports.ts';
import { encodeLaw, joinSamples, tone } from './audio.ts';
import { dice } from './speech.ts';

const [talker, listener, firstFellow] = [1, 2, 3];

export interface Turns {
  /** What another member says all the time, at 8 kHz. */
  readonly said: Int16Array;
  /** Of each 20 ms: whether the listener speaks, else there is its line's noise of −60 dBFS. */
  readonly speaks: (tick: number) => boolean;
  /** Silent Opus listeners beside this one. */
  readonly fellows: number;
  readonly opus?: OpusWishes;
  /** Called before each tick. */
  readonly during?: (mixing: Mixing, tick: number, listener: number) => void;
}

export interface TurnsHeard {
  /** By one decoder for all of the stream, 48 kHz. */
  readonly sound: Int16Array;
  /** Of each tick: whether the listener's packet is the one that a fellow got. */
  readonly shared: readonly boolean[];
  /** The listener's packets. */
  readonly packets: readonly Buffer[];
}

export function hearTurns({ said, speaks, fellows, opus, during }: Turns): TurnsHeard {
  /** Of a tick, by SSRC; the engine's buffers are its own. */
  const sent = new Map<number, Buffer>();
  const mixing = new Mixing({
    onPacket: (packet) => sent.set(packet.readUInt32BE(8), Buffer.from(packet)),
    onPlayed: () => undefined,
  });
  const open = (ssrc: number, codec: 'PCMU' | 'opus') => {
    mixing.open({ ssrc, codec, payloadType: codec === 'opus' ? 96 + ssrc : 0, role: 'leg', opus });
    const member = mixing.member(ssrc);
    if (member) member.hearsRoom = true;
    mixing.join(ssrc, 'room');
  };
  open(talker, 'PCMU');
  open(listener, 'opus');
  for (let i = 0; i < fellows; i++) open(firstFellow + i, 'opus');
  const coder = new Encoder({ channels: 1, sample_rate: 48_000, application: 'audio' });
  const decoder = new Decoder({ channels: 1, sample_rate: 48_000 });
  const random = dice(1);
  const heard: { sound: Int16Array; shared: boolean; packet: Buffer }[] = [];
  for (let tick = 0; (tick + 1) * 160 <= said.length; tick++) {
    const words = said.subarray(tick * 160, (tick + 1) * 160);
    mixing.write(rtp(talker, 0, tick, 160, encodeLaw('PCMU', words)));
    const voice = speaks(tick)
      ? tone(700, 6000, 960, tick * 960, 48_000)
      : Int16Array.from({ length: 960 }, () => Math.round((random() - 0.5) * 110));
    mixing.write(rtp(listener, 96 + listener, tick, 960, coder.encode(voice)));
    during?.(mixing, tick, listener);
    sent.clear();
    mixing.tick();
    const packet = sent.get(listener) ?? Buffer.alloc(12);
    const payload = packet.subarray(12);
    const others = sent.get(firstFellow)?.subarray(12);
    const shared = others !== undefined && payload.length > 0 && payload.equals(others);
    heard.push({ sound: decoded(decoder, payload), shared, packet });
  }
  return {
    sound: joinSamples(heard.map(({ sound }) => sound)),
    shared: heard.map(({ shared }) => shared),
    packets: heard.map(({ packet }) => packet),
  };
}

/** How often the listener's packets came from another encoder than before. */
export function changeOvers({ shared }: TurnsHeard): number {
  return shared.filter((is, tick) => tick > 0 && is !== shared[tick - 1]).length;
}

/** Nothing sent: silence stands for it. */
function decoded(decoder: Decoder, payload: Buffer): Int16Array {
  if (payload.length === 0) return new Int16Array(960);
  const { buffer, byteOffset, length } = decoder.decode(payload);
  return new Int16Array(buffer.slice(byteOffset, byteOffset + length));
}

function rtp(ssrc: number, payloadType: number, tick: number, step: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = payloadType;
  header.writeUInt16BE(tick & 0xffff, 2);
  header.writeUInt32BE(tick * step, 4);
  header.writeUInt32BE(ssrc, 8);
  return Buffer.concat([header, payload]);
}

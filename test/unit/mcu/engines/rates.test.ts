/** Members of every codec in one room: what each hears of the others, and that nobody hears a change of rates. */
import { Decoder, Encoder } from '@evan/opus';
import { beforeEach, describe, expect, test } from 'vitest';
import { clockHzOf } from '../../../../mcu/codecs/codec.ts';
import { G722Decoder, G722Encoder } from '../../../../mcu/codecs/g722.ts';
import { repeatedMs } from '../../../../mcu/codecs/opus-packet.ts';
import { Mixing } from '../../../../mcu/engines/embedded/mixing.ts';
import type { AudioCodec, AudioFormat, OpusWishes } from '../../../../mcu/ports.ts';
import { Player } from '../../../../mcu/prompts/player.ts';
import { untouchedSound } from '../../../../mcu/sound.ts';
import type { SoundOptions } from '../../../../mcu/sound.ts';
import { decodeLaw, encodeLaw, joinSamples, levelDb, tone, toneDb } from '../../../support/audio.ts';

const codecs = ['PCMU', 'PCMA', 'G722', 'opus'] as const;
const payloadTypes = { PCMU: 0, PCMA: 8, G722: 9, opus: 111 } as const;
const rates = { PCMU: 8000, PCMA: 8000, G722: 16_000, opus: 48_000 } as const;
const spokenDb = 20 * Math.log10(8000 / 32_768);
const publishBit = 0x8000_0000;

/** 20 ms at the codec's rate → payload, by each codec's own encoder. */
function speaker(codec: AudioCodec): (samples: Int16Array) => Uint8Array {
  if (codec === 'opus') {
    const encoder = new Encoder({ channels: 1, sample_rate: 48_000, application: 'audio' });
    return (samples) => encoder.encode(samples);
  }
  if (codec !== 'G722') return (samples) => encodeLaw(codec, samples);
  const encoder = new G722Encoder();
  return (samples) => {
    const out = Buffer.alloc(160);
    encoder.encode(samples, samples.length, out, 0);
    return out;
  };
}

function decodeAll(codec: AudioCodec, payloads: readonly Buffer[]): Int16Array {
  if (codec === 'PCMU' || codec === 'PCMA')
    return joinSamples(payloads.map((each) => decodeLaw(codec, each)));
  if (codec === 'opus') {
    const decoder = new Decoder({ channels: 1, sample_rate: 48_000 });
    return joinSamples(
      payloads.map((each) => {
        const { buffer, byteOffset, length } = decoder.decode(each);
        return new Int16Array(buffer, byteOffset, length / 2);
      }),
    );
  }
  const decoder = new G722Decoder();
  return joinSamples(
    payloads.map((each) => {
      const out = new Int16Array(each.length * 2);
      decoder.decode(each, 0, each.length, out, 0);
      return out;
    }),
  );
}

class Room {
  readonly packets = new Map<number, Buffer[]>();
  readonly mixing: Mixing;
  readonly #codecs = new Map<number, AudioCodec>();
  readonly #speakers = new Map<string, (samples: Int16Array) => Uint8Array>();
  #index = 0;

  constructor(sound: Partial<SoundOptions> = {}) {
    const onPacket = (packet: Buffer) => {
      const ssrc = packet.readUInt32BE(8);
      this.packets.set(ssrc, [...(this.packets.get(ssrc) ?? []), Buffer.from(packet)]);
    };
    this.mixing = new Mixing({ onPacket, onPlayed: () => undefined }, { ...untouchedSound, ...sound });
  }

  enter(
    ssrc: number,
    codec: AudioCodec,
    more: { alternatives?: AudioFormat[]; opus?: OpusWishes } = {},
  ): void {
    this.mixing.open({ ssrc, codec, payloadType: payloadTypes[codec], role: 'leg', ...more });
    this.mixing.join(ssrc, 'room');
    const member = this.mixing.member(ssrc);
    if (member) member.hearsRoom = true;
    this.#codecs.set(ssrc, codec);
  }

  /** 20 ms ticks while members speak tones, in their own codec or another. */
  run(ticks: number, tones: Record<number, number> = {}, as?: AudioCodec): void {
    for (let i = 0; i < ticks; i++, this.#index++) {
      for (const [ssrc, hz] of Object.entries(tones)) this.#say(Number(ssrc), hz, as, 8000);
      this.mixing.tick();
    }
  }

  /** Words of 160 ms with pauses of 80 ms. */
  speak(ticks: number, ssrc: number, amplitude: number): void {
    for (let i = 0; i < ticks; i++, this.#index++) {
      this.#say(ssrc, 300, undefined, this.#index % 12 < 8 ? amplitude : amplitude / 200);
      this.mixing.tick();
    }
  }

  #say(ssrc: number, hz: number, as: AudioCodec | undefined, amplitude: number): void {
    const codec = as ?? this.#codecs.get(ssrc) ?? 'PCMU';
    const rate = rates[codec];
    const key = `${ssrc} ${codec}`;
    const encode = this.#speakers.get(key) ?? speaker(codec);
    this.#speakers.set(key, encode);
    const header = Buffer.from([0x80, payloadTypes[codec], 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    header.writeUInt16BE(this.#index & 0xffff, 2);
    header.writeUInt32BE(((this.#index * clockHzOf(codec)) / 50) >>> 0, 4);
    header.writeUInt32BE(ssrc, 8);
    const samples = tone(hz, amplitude, rate / 50, (this.#index * rate) / 50, rate);
    this.mixing.write(Buffer.concat([header, encode(samples)]));
  }

  /** Everything that a member heard, at its codec's rate. */
  heard(ssrc: number): Int16Array {
    const codec = this.#codecs.get(ssrc) ?? 'PCMU';
    return decodeAll(
      codec,
      (this.packets.get(ssrc) ?? []).map((packet) => packet.subarray(12)),
    );
  }

  /** The level of one tone in the last second that a member heard. */
  db(ssrc: number, hz: number): number {
    const rate = rates[this.#codecs.get(ssrc) ?? 'PCMU'];
    return toneDb(this.heard(ssrc).slice(-rate), hz, rate);
  }
}

let room: Room;
beforeEach(() => {
  room = new Room();
});

const pairs = codecs.flatMap((from) => codecs.map((to) => [from, to] as const));

test.each(pairs)('%s is heard in %s at its frequency and level, and not by itself', (from, to) => {
  room.enter(1, from);
  room.enter(2, to);
  room.run(90, { 1: 1000, 2: 600 });
  expect(Math.abs(room.db(2, 1000) - spokenDb)).toBeLessThan(1.5);
  expect(Math.abs(room.db(1, 600) - spokenDb)).toBeLessThan(1.5);
  expect(room.db(2, 600)).toBeLessThan(-45);
  expect(room.db(1, 1000)).toBeLessThan(-45);
});

describe('what a telephone can’t carry', () => {
  test.each([
    ['G722', 'opus'],
    ['opus', 'G722'],
    ['opus', 'opus'],
    ['G722', 'G722'],
  ] as const)('goes from %s to %s', (from, to) => {
    room.enter(1, from);
    room.enter(2, to);
    room.enter(3, 'PCMA');
    room.run(90, { 1: 6000 });
    expect(Math.abs(room.db(2, 6000) - spokenDb)).toBeLessThan(2);
    // And leaves no alias at the telephone, whose mirror of 6 kHz is 2 kHz.
    expect(room.db(3, 2000)).toBeLessThan(-60);
  });

  test('three listeners of three rates hear three talkers of three rates', () => {
    room.enter(1, 'PCMU');
    room.enter(2, 'G722');
    room.enter(3, 'opus');
    for (const ssrc of [4, 5, 6]) room.enter(ssrc, (['PCMU', 'G722', 'opus'] as const)[ssrc - 4]);
    room.run(90, { 1: 500, 2: 900, 3: 1700 });
    for (const ssrc of [4, 5, 6])
      for (const hz of [500, 900, 1700]) expect(Math.abs(room.db(ssrc, hz) - spokenDb)).toBeLessThan(1.5);
  });
});

test('who comes and goes with another codec changes not one sample for the others', () => {
  const listen = (withOthers: boolean) => {
    const other = new Room();
    other.enter(1, 'PCMU');
    other.enter(2, 'PCMA');
    other.enter(3, 'G722');
    other.run(60, { 1: 440, 3: 900 });
    if (withOthers) other.enter(4, 'opus');
    other.run(20, { 1: 440, 3: 900 });
    if (withOthers) other.mixing.close(4);
    other.run(60, { 1: 440, 3: 900 });
    return [other.heard(2), other.heard(3)];
  };
  expect(listen(true)).toEqual(listen(false));
});

test('a peer may change between agreed formats at any packet, and is heard without a break', () => {
  const alternatives = codecs.map((codec) => ({ codec, payloadType: payloadTypes[codec] }));
  room.enter(1, 'PCMU', { alternatives });
  room.enter(2, 'PCMA');
  room.run(50, { 1: 440 });
  for (const codec of ['PCMA', 'G722', 'opus', 'PCMU'] as const) {
    const before = room.heard(2).length;
    room.run(55, { 1: 440 }, codec);
    expect(Math.abs(room.db(2, 440) - spokenDb)).toBeLessThan(1.5);
    // No frame of silence in between: each 20 ms has the tone.
    const heard = room.heard(2).subarray(before);
    for (let at = 0; at + 160 <= heard.length; at += 160)
      expect(levelDb(heard.subarray(at, at + 160))).toBeGreaterThan(spokenDb - 10);
  }
});

test('prompts and room sounds are heard at each listener’s own rate', () => {
  for (const [i, codec] of codecs.entries()) room.enter(i + 1, codec);
  for (const [i, codec] of codecs.entries()) {
    const rate = room.mixing.hearsAtHz(i + 1);
    expect(rate).toBe(rates[codec]);
    room.mixing.expect(i + 1, 1);
    room.mixing.play(i + 1, new Player(1, [tone(1500, 8000, rates[codec] * 1.2, 0, rates[codec])], false));
  }
  room.run(60);
  for (const ssrc of [1, 2, 3, 4]) expect(Math.abs(room.db(ssrc, 1500) - spokenDb)).toBeLessThan(1.5);
  room.mixing.playToRoom('room', new Player(0, [tone(2000, 8000, 19_200, 0, 16_000)], false));
  room.run(60);
  for (const ssrc of [1, 2, 3, 4]) expect(Math.abs(room.db(ssrc, 2000) - spokenDb)).toBeLessThan(1.5);
});

describe('a voice on its way back', () => {
  test.each(['opus', 'PCMU', 'PCMA'] as const)('as %s has the tone and its level', (how) => {
    room.enter(1, 'G722');
    room.mixing.member(1)?.setVoiceBack(how);
    room.run(80, { 1: 1000 });
    const back = room.packets.get(1 + publishBit) ?? [];
    const heard = decodeAll(
      how,
      back.map((packet) => packet.subarray(12)),
    );
    expect(Math.abs(toneDb(heard.slice(-rates[how]), 1000, rates[how]) - spokenDb)).toBeLessThan(1.5);
    expect(back.at(-1)?.[1]).toBe(15);
  });

  test('as a level only is a header, sent when the level changes', () => {
    room.enter(1, 'opus');
    room.mixing.member(1)?.setVoiceBack('level');
    room.run(80, { 1: 1000 });
    room.run(30);
    const back = room.packets.get(1 + publishBit) ?? [];
    expect(back.every((packet) => packet.length === 12)).toBe(true);
    expect(back.length).toBeLessThan(40);
    expect(back.some((packet) => Math.abs(packet[1] - 15) <= 1)).toBe(true);
    expect(back.at(-1)?.[1]).toBe(127);
  });

  test('goes untouched with the level that it came with, however the mix levels it', () => {
    room = new Room({ levelling: true });
    room.enter(1, 'opus');
    room.enter(2, 'opus');
    room.mixing.member(1)?.setVoiceBack('level');
    room.speak(600, 1, 700);
    const levels = (room.packets.get(1 + publishBit) ?? []).slice(-100).map((packet) => packet[1]);
    // A tone of this amplitude has −36.4 dBFS; levelled it would have −21.
    expect(Math.min(...levels)).toBeGreaterThanOrEqual(34);
    expect(levelDb(room.heard(2).slice(-rates.opus))).toBeGreaterThan(-26);
  });
});

describe('Opus as the peer wants it', () => {
  const wishes = {
    inbandFec: false,
    dtx: false,
    maxRateHz: 48_000,
    maxBitrate: 510_000,
    cbr: false,
  } as const;

  test('silence is not sent to a peer that prefers so, and the clock goes on', () => {
    room.enter(1, 'opus', { opus: { ...wishes, dtx: true } });
    room.enter(2, 'PCMU');
    room.run(60, { 2: 440 });
    const spoken = room.packets.get(1)?.length ?? 0;
    room.run(100);
    room.run(60, { 2: 440 });
    const all = room.packets.get(1) ?? [];
    expect(spoken).toBeGreaterThan(45);
    expect(all.length).toBeLessThan(190);
    const steps = all.slice(1).map((packet, i) => (packet.readUInt32BE(4) - all[i].readUInt32BE(4)) >>> 0);
    expect(steps.every((step) => step % 960 === 0)).toBe(true);
    expect(steps.reduce((sum, step) => sum + step, 0)).toBeGreaterThan(215 * 960);
    expect(all.slice(1).every((p, i) => ((p.readUInt16BE(2) - all[i].readUInt16BE(2)) & 0xffff) === 1)).toBe(
      true,
    );
  });

  test.each([
    [8000, 1],
    [16_000, 2],
  ] as const)('a peer that renders %i Hz gets no more', (maxRateHz, mostBandwidth) => {
    room.enter(1, 'opus', { opus: { ...wishes, maxRateHz } });
    room.enter(2, 'opus');
    room.run(60, { 2: 1000 });
    expect(room.mixing.hearsAtHz(1)).toBe(maxRateHz);
    // RFC 6716 table 2: SILK's configurations 0–3 narrowband, 8–11 wideband; CELT's from 16, 4 for each bandwidth.
    const bandwidths = (room.packets.get(1) ?? []).map((packet) => {
      const config = packet[12] >> 3;
      return config < 12 ? config >> 2 : config < 16 ? 3 : [0, 2, 3, 4][(config - 16) >> 2];
    });
    expect(Math.max(...bandwidths)).toBeLessThanOrEqual(mostBandwidth);
    expect(Math.abs(room.db(1, 1000) - spokenDb)).toBeLessThan(2);
  });

  /** Of the last second: packets that repeat what was before them (in-band FEC). */
  const repeating = () =>
    (room.packets.get(1) ?? []).slice(-50).filter((packet) => repeatedMs(packet, 12, packet.length) > 0)
      .length;

  test.each([8000, 16_000, 48_000] as const)(
    'error correction at %i Hz follows the loss that the peer reports',
    (maxRateHz) => {
      room.enter(1, 'opus', { opus: { ...wishes, maxRateHz, inbandFec: true } });
      room.enter(2, 'PCMU');
      const listener = room.mixing.member(1);
      room.speak(100, 2, 8000);
      expect(repeating()).toBeGreaterThan(15);
      listener?.expectLoss(0);
      room.speak(60, 2, 8000);
      expect(repeating()).toBe(0);
      listener?.expectLoss(2);
      room.speak(60, 2, 8000);
      expect(repeating()).toBeGreaterThan(15);
    },
  );

  test('a peer that doesn’t want error correction gets none, whatever it loses', () => {
    room.enter(1, 'opus', { opus: wishes });
    room.enter(2, 'PCMU');
    room.mixing.member(1)?.expectLoss(20);
    room.speak(100, 2, 8000);
    expect(repeating()).toBe(0);
  });

  test('packets are of one size for a peer that prefers so', () => {
    const sizes = (cbr: boolean) => {
      room = new Room();
      room.enter(1, 'opus', { opus: { ...wishes, cbr } });
      room.enter(2, 'PCMU');
      room.speak(100, 2, 8000);
      return new Set((room.packets.get(1) ?? []).map((packet) => packet.length)).size;
    };
    expect(sizes(true)).toBe(1);
    expect(sizes(false)).toBeGreaterThan(5);
  });

  test('the wanted bit rate is kept', () => {
    room.enter(1, 'opus', { opus: { ...wishes, maxBitrate: 12_000 } });
    room.enter(2, 'PCMU');
    room.run(100, { 2: 440 });
    const octets = (room.packets.get(1) ?? [])
      .slice(-50)
      .reduce((sum, packet) => sum + packet.length - 12, 0);
    expect(octets * 8).toBeLessThan(13_500);
  });
});

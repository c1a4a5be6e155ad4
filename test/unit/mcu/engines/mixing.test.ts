import { Decoder, Encoder } from '@evan/opus';
import { beforeEach, expect, test } from 'vitest';
import { Mixing } from '../../../../mcu/engines/embedded/mixing.ts';
import { Player } from '../../../../mcu/prompts/player.ts';
import { decodeLaw, encodeLaw, joinSamples, levelDb, tone, toneDb } from '../../../support/audio.ts';
import type { Law } from '../../../support/audio.ts';
import { babble } from '../../../support/speech.ts';

const publishBit = 0x8000_0000;
const spokenDb = 20 * Math.log10(8000 / 32_768);
let mixing: Mixing;
let packets: Map<number, Buffer[]>;
let played: [number, number, string][];
let index = 0;

beforeEach(() => {
  packets = new Map();
  played = [];
  index = 0;
  mixing = new Mixing({
    // The engine's buffers are its own: copy.
    onPacket: (packet) => {
      const ssrc = packet.readUInt32BE(8);
      packets.set(ssrc, [...(packets.get(ssrc) ?? []), Buffer.from(packet)]);
    },
    onPlayed: (...how) => played.push(how),
  });
});

function open(
  ssrc: number,
  codec: Law | 'opus' = 'PCMU',
  role: 'leg' | 'participant' = 'leg',
  publish = false,
) {
  mixing.open({ ssrc, codec, payloadType: codec === 'PCMU' ? 0 : 8, role });
  const member = mixing.member(ssrc);
  if (member) member.hearsRoom = true;
  if (publish) member?.setVoiceBack('opus');
}

function rtp(ssrc: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header.writeUInt16BE(index & 0xffff, 2);
  header.writeUInt32BE(index * 160, 4);
  header.writeUInt32BE(ssrc, 8);
  return Buffer.concat([header, payload]);
}

/** Ticks while the given members speak their tones. */
function run(ticks: number, voices: Record<number, { hz: number; law: Law }> = {}): void {
  for (let i = 0; i < ticks; i++, index++) {
    for (const [ssrc, { hz, law }] of Object.entries(voices))
      mixing.write(rtp(Number(ssrc), encodeLaw(law, tone(hz, 8000, 160, index * 160))));
    mixing.tick();
  }
}

function heard(ssrc: number, law: Law = 'PCMU', last = 20): Int16Array {
  const own = packets.get(ssrc) ?? [];
  return joinSamples(own.slice(-last).map((packet) => decodeLaw(law, packet.subarray(12))));
}

test('before a room there is silence, one packet a tick', () => {
  open(1, 'PCMA');
  run(5);
  const own = packets.get(1) ?? [];
  expect(own).toHaveLength(5);
  expect(own.every((packet) => packet.length === 172 && packet[1] === 8)).toBe(true);
  expect(levelDb(heard(1, 'PCMA'))).toBeLessThan(-70);
});

test('speakers hear the others, listeners share one encoding, other rooms hear nothing', () => {
  for (const ssrc of [1, 2, 3, 4]) open(ssrc);
  open(5, 'PCMA');
  open(9);
  for (const ssrc of [1, 2, 3, 4, 5]) mixing.join(ssrc, 'a');
  mixing.join(9, 'b');
  run(60, { 1: { hz: 440, law: 'PCMU' }, 2: { hz: 1000, law: 'PCMU' } });
  expect(toneDb(heard(1), 1000)).toBeCloseTo(spokenDb, 0);
  expect(toneDb(heard(1), 440)).toBeLessThan(-60);
  expect(toneDb(heard(2), 440)).toBeCloseTo(spokenDb, 0);
  expect(toneDb(heard(5, 'PCMA'), 440)).toBeCloseTo(spokenDb, 0);
  const [third, fourth] = [packets.get(3)?.at(-1), packets.get(4)?.at(-1)];
  expect(third?.subarray(12)).toEqual(fourth?.subarray(12));
  expect(levelDb(heard(9))).toBe(-Infinity);
});

test('a line with noise hears the encoding that all hear who are silent, a word makes its own again', () => {
  for (const ssrc of [1, 2, 3]) {
    open(ssrc);
    mixing.join(ssrc, 'a');
  }
  const payload = (ssrc: number) => packets.get(ssrc)?.at(-1)?.subarray(12).toString('hex');
  const isShared = () => payload(2) === payload(3);
  const runWith = (ticks: number, amplitude: number) => {
    for (let i = 0; i < ticks; i++, index++) {
      mixing.write(rtp(1, encodeLaw('PCMU', tone(440, 8000, 160, index * 160))));
      mixing.write(rtp(2, encodeLaw('PCMU', tone(1000, amplitude, 160, index * 160))));
      mixing.tick();
    }
  };
  const lineNoise = 40;
  runWith(50, lineNoise);
  expect(isShared()).toBe(true);
  runWith(10, 8000);
  expect(isShared()).toBe(false);
  expect(toneDb(heard(2, 'PCMU', 5), 1000)).toBeLessThan(-60);
  runWith(20, lineNoise);
  expect(isShared()).toBe(false);
  runWith(20, lineNoise);
  expect(isShared()).toBe(true);
  expect(toneDb(heard(2, 'PCMU', 5), 440)).toBeCloseTo(spokenDb, 0);
});

test('a muted member is not heard; a member that is not to hear the room does not', () => {
  open(1);
  open(2);
  mixing.join(1, 'a');
  mixing.join(2, 'a');
  const [one, two] = [mixing.member(1), mixing.member(2)];
  if (!one || !two) throw new Error('members are missing');
  one.muted = true;
  run(30, { 1: { hz: 440, law: 'PCMU' } });
  expect(levelDb(heard(2))).toBe(-Infinity);
  one.muted = false;
  two.hearsRoom = false;
  run(30, { 1: { hz: 440, law: 'PCMU' } });
  expect(levelDb(heard(2))).toBe(-Infinity);
  two.hearsRoom = true;
  run(30, { 1: { hz: 440, law: 'PCMU' } });
  expect(toneDb(heard(2), 440)).toBeCloseTo(spokenDb, 0);
});

test('Opus comes in and goes out; participants are only heard', () => {
  open(1);
  open(2, 'opus', 'participant');
  mixing.join(1, 'a');
  mixing.join(2, 'a');
  const encoder = new Encoder({ channels: 1, sample_rate: 48_000, application: 'voip' });
  for (; index < 60; index++) {
    mixing.write(rtp(2, encoder.encode(tone(600, 8000, 960, index * 960, 48_000))));
    mixing.tick();
  }
  expect(Math.abs(toneDb(heard(1), 600) - spokenDb)).toBeLessThan(3);
  expect(packets.has(2)).toBe(false);
});

test('a published voice is Opus on a 48 kHz clock, numbered without gaps, with its level', () => {
  open(1, 'PCMU', 'leg', true);
  run(30, { 1: { hz: 440, law: 'PCMU' } });
  run(30);
  run(30, { 1: { hz: 440, law: 'PCMU' } });
  const published = packets.get(1 + publishBit) ?? [];
  expect(published.length).toBeGreaterThan(50);
  expect(published.length).toBeLessThan(70);
  const decoder = new Decoder({ channels: 1, sample_rate: 8000 });
  const voice = published.map((packet) => {
    const { buffer, byteOffset, length } = decoder.decode(packet.subarray(12));
    return new Int16Array(buffer, byteOffset, length / 2);
  });
  expect(Math.abs(toneDb(joinSamples(voice.slice(10, 25)), 440) - spokenDb)).toBeLessThan(3);
  published.slice(1).forEach((packet, i) => {
    expect((packet.readUInt16BE(2) - published[i].readUInt16BE(2)) & 0xffff).toBe(1);
    expect(((packet.readUInt32BE(4) - published[i].readUInt32BE(4)) >>> 0) % 960).toBe(0);
  });
  expect(published[10][1] & 0x7f).toBe(15);
});

test('a prompt lies over the room, which comes back after it; tones go to the room', () => {
  for (const ssrc of [1, 2]) {
    open(ssrc);
    mixing.join(ssrc, 'a');
  }
  run(30, { 1: { hz: 440, law: 'PCMU' } });
  mixing.expect(2, 7);
  mixing.play(2, new Player(7, [tone(1500, 8000, 3200)], false));
  run(20, { 1: { hz: 440, law: 'PCMU' } });
  expect(played).toEqual([[2, 7, 'finished']]);
  expect(toneDb(heard(2, 'PCMU', 10), 1500)).toBeCloseTo(spokenDb, 0);
  expect(toneDb(heard(2, 'PCMU', 10), 440)).toBeCloseTo(spokenDb - 12, 0);
  run(20, { 1: { hz: 440, law: 'PCMU' } });
  expect(toneDb(heard(2, 'PCMU', 10), 440)).toBeCloseTo(spokenDb, 0);
  mixing.playToRoom('a', new Player(0, [tone(2000, 8000, 6400, 0, 16_000)], false));
  run(20);
  expect(toneDb(heard(1, 'PCMU', 20), 2000)).toBeCloseTo(spokenDb, 0);
  expect(toneDb(heard(2, 'PCMU', 20), 2000)).toBeCloseTo(spokenDb, 0);
});

test('a later play replaces one whose files are still being read; a stop calls it off', () => {
  open(1);
  mixing.expect(1, 1);
  mixing.expect(1, 2);
  mixing.play(1, new Player(1, [tone(440, 8000, 800)], false));
  mixing.play(1, new Player(2, [tone(440, 8000, 800)], false));
  mixing.stop(1);
  mixing.expect(1, 3);
  mixing.stop(1);
  mixing.play(1, new Player(3, [tone(440, 8000, 800)], false));
  mixing.close(1);
  mixing.play(1, new Player(4, [], false));
  expect(played).toEqual([
    [1, 1, 'stopped'],
    [1, 2, 'stopped'],
    [1, 3, 'stopped'],
    [1, 4, 'stopped'],
  ]);
});

test('strays are counted, and nobody who left is mixed', () => {
  open(1);
  open(2);
  mixing.join(1, 'a');
  mixing.join(2, 'a');
  run(30, { 1: { hz: 440, law: 'PCMU' } });
  mixing.leave(1);
  run(5, { 1: { hz: 440, law: 'PCMU' } });
  expect(levelDb(heard(2, 'PCMU', 4))).toBe(-Infinity);
  mixing.close(1);
  mixing.write(rtp(1, new Uint8Array(160)));
  mixing.write(Buffer.from('garbage'));
  expect(mixing.dropped).toBe(2);
});

test('a leg that gives back what it hears has an echo, and a flat-topped one is clipped', () => {
  for (const ssrc of [1, 2, 3]) {
    open(ssrc);
    mixing.join(ssrc, 'a');
  }
  const speech = babble(440, 7);
  const loud = new Int16Array(160).fill(32_767);
  for (let i = 0; i < 800; i++, index++) {
    mixing.write(rtp(1, encodeLaw('PCMU', speech(i * 160))));
    const heardBefore = packets.get(2)?.at(-5);
    if (heardBefore)
      mixing.write(rtp(2, encodeLaw('PCMU', quieter(decodeLaw('PCMU', heardBefore.subarray(12)), 12))));
    if (i < 50) mixing.write(rtp(3, encodeLaw('PCMU', loud)));
    mixing.tick();
  }
  const [speaker, echoing, clipping] = [1, 2, 3].map((ssrc) => mixing.member(ssrc)?.figures());
  expect(Math.abs((echoing?.echoOfSent?.lossDb ?? 0) - 12)).toBeLessThan(2);
  // Five packets there, and what the jitter buffer holds.
  expect(echoing?.echoOfSent?.delayMs).toBeGreaterThanOrEqual(120);
  expect(echoing?.echoOfSent?.delayMs).toBeLessThanOrEqual(220);
  expect(speaker?.echoOfSent).toBeNull();
  // It hears itself: in what it is given.
  expect(speaker?.echoOfReceived?.lossDb).toBeGreaterThan(8);
  expect(clipping?.clippedMs).toBeGreaterThan(900);
  // What is made up at its end is as loud at first.
  expect(clipping?.clippedMs).toBeLessThanOrEqual(1020);
  expect(speaker?.clippedMs).toBe(0);
});

test('missing packets are counted as what was made up for them', () => {
  open(1);
  for (let i = 0; i < 200; i++, index++) {
    if (i % 20 !== 10) mixing.write(rtp(1, encodeLaw('PCMU', tone(440, 8000, 160, i * 160))));
    mixing.tick();
  }
  const figures = mixing.member(1)?.figures();
  expect(figures?.concealedMs).toBeGreaterThanOrEqual(9 * 20);
  expect(figures?.concealedMs).toBeLessThanOrEqual(11 * 20);
  expect(figures?.playoutDelayMs).toBeGreaterThan(0);
});

function quieter(samples: Int16Array, db: number): Int16Array {
  return samples.map((sample) => sample * 10 ** (-db / 20));
}

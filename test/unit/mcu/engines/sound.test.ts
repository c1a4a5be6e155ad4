import { expect, test } from 'vitest';
import { Mixing } from '../../../../mcu/engines/embedded/mixing.ts';
import { untouchedSound } from '../../../../mcu/sound.ts';
import type { SoundOptions } from '../../../../mcu/sound.ts';
import { decodeLaw, encodeLaw, joinSamples, levelDb, tone, toneDb } from '../../../support/audio.ts';
import { largestStep } from '../../../support/network-path.ts';

/** Ticks of a room of telephones, 1 … n, and of participants after them; gives what each telephone hears. */
class Room {
  readonly #mixing: Mixing;
  readonly #heard = new Map<number, Int16Array[]>();
  #index = 0;

  constructor(legs: number, sound: Partial<SoundOptions> = {}, participants = 0) {
    this.#mixing = new Mixing(
      {
        onPacket: (packet) => {
          const ssrc = packet.readUInt32BE(8);
          this.#heard.set(ssrc, [...(this.#heard.get(ssrc) ?? []), decodeLaw('PCMU', packet.subarray(12))]);
        },
        onPlayed: () => undefined,
      },
      { ...untouchedSound, ...sound },
    );
    for (let ssrc = 1; ssrc <= legs + participants; ssrc++) {
      this.#mixing.open({ ssrc, codec: 'PCMU', payloadType: 0, role: ssrc <= legs ? 'leg' : 'participant' });
      this.#mixing.join(ssrc, 'room');
      const member = this.#mixing.member(ssrc);
      if (member) member.hearsRoom = true;
    }
  }

  run(ticks: number, says: (ssrc: number, index: number) => Int16Array | null): void {
    for (let i = 0; i < ticks; i++, this.#index++) {
      for (let ssrc = 1; ssrc <= 30; ssrc++) {
        const frame = says(ssrc, this.#index);
        if (frame) this.#mixing.write(rtp(ssrc, this.#index, encodeLaw('PCMU', frame)));
      }
      this.#mixing.tick();
    }
  }

  heard(ssrc: number, last: number): Int16Array {
    return joinSamples((this.#heard.get(ssrc) ?? []).slice(-last));
  }
}

function rtp(ssrc: number, index: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header.writeUInt16BE(index & 0xffff, 2);
  header.writeUInt32BE(index * 160, 4);
  header.writeUInt32BE(ssrc, 8);
  return Buffer.concat([header, payload]);
}

/** Words of 160 ms with 80 ms between them. */
function words(hz: number, amplitude: number, index: number): Int16Array {
  return index % 12 < 8 ? tone(hz, amplitude, 160, index * 160) : tone(hz, amplitude / 200, 160, index * 160);
}

test('a quiet telephone and a loud one are heard at one level', () => {
  const room = new Room(3, { levelling: true });
  const levels = [1, 2].map((speaker) => {
    room.run(600, (ssrc, index) =>
      ssrc === speaker ? words(300, speaker === 1 ? 700 : 11_000, index) : null,
    );
    return levelDb(room.heard(3, 120));
  });
  expect(Math.abs(levels[0] - levels[1])).toBeLessThan(3);
  expect(levels[0]).toBeGreaterThan(-26);
});

test('twenty at once: loud, and nobody hears clipping', () => {
  const room = new Room(21);
  room.run(100, (ssrc, index) => (ssrc <= 20 ? words(150 + 37 * ssrc, 9000, index + ssrc) : null));
  for (const listener of [1, 21]) {
    const heard = room.heard(listener, 60);
    expect(levelDb(heard)).toBeGreaterThan(-18);
    expect(heard.filter((sample) => Math.abs(sample) > 32_000).length / heard.length).toBeLessThan(0.002);
  }
});

test('while nobody speaks the line hisses hardly audibly, if it is to', () => {
  const alive = new Room(2, { comfortNoise: true });
  const dead = new Room(2);
  for (const room of [alive, dead]) room.run(100, () => null);
  expect(levelDb(alive.heard(1, 100))).toBeGreaterThan(-77);
  expect(levelDb(alive.heard(1, 100))).toBeLessThan(-71);
  expect(levelDb(dead.heard(1, 100))).toBe(-Infinity);
});

test('of a crowd the loudest are heard, and a change of them makes no click', () => {
  const room = new Room(1, { loudest: 4 }, 20);
  const hzOf = (ssrc: number) => 200 + 100 * ssrc;
  const speak = (loud: readonly number[]) => (ssrc: number, index: number) =>
    ssrc === 1 || ssrc > 21 ? null : tone(hzOf(ssrc), loud.includes(ssrc) ? 4000 : 150, 160, index * 160);
  room.run(60, speak([2, 3, 4, 5]));
  room.run(60, speak([12, 13, 14, 15]));
  const heard = room.heard(1, 20);
  for (const ssrc of [12, 13, 14, 15]) expect(toneDb(heard, hzOf(ssrc))).toBeGreaterThan(-20);
  for (const ssrc of [2, 3, 4, 5, 9, 20]) expect(toneDb(heard, hzOf(ssrc))).toBeLessThan(-55);
  // Four tones up to 1700 Hz of 4000: they step by 16 000 at most by themselves.
  expect(largestStep(room.heard(1, 70))).toBeLessThan(18_000);
});

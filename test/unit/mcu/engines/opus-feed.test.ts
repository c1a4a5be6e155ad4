/** Silent Opus listeners share an encoder; whoever speaks leaves it and comes back, and nobody hears that. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Player } from '../../../../mcu/prompts/player.ts';
import { readWav } from '../../../../mcu/prompts/wav.ts';
import { joinSamples, levelDb, tone, toneDb } from '../../../support/audio.ts';
import { gaps, largestStep, likeness } from '../../../support/network-path.ts';
import { changeOvers, hearTurns } from '../../../support/turns.ts';

const rateHz = 48_000;
const wishes = { inbandFec: true, dtx: false, maxRateHz: 48_000, maxBitrate: 510_000, cbr: false } as const;
const wanted = [
  ['48 kHz, FEC', wishes],
  ['16 kHz', { ...wishes, maxRateHz: 16_000, inbandFec: false }],
  ['24 kbit/s', { ...wishes, maxBitrate: 24_000 }],
  ['DTX', { ...wishes, dtx: true }],
  ['packets of one size', { ...wishes, cbr: true }],
] as const;
/** A word every 0.74 s: the half second of silence is over just before the next. */
const words = (tick: number) => tick % 37 < 6;
const settled = (sound: Int16Array) => sound.subarray(rateHz / 5);
const never = () => false;

describe('a listener who speaks a word every 0.7 s, beside one whose encoder is its own all the time', () => {
  test.each(wanted)('hears speech as well, %s', (_, opus) => {
    const once = readWav(readFileSync('test/fixtures/speech/phone.wav'), 'phone.wav').samples;
    const heard = hearTurns({ said: once, speaks: words, fellows: 2, opus });
    const alone = hearTurns({ said: once, speaks: words, fellows: 0, opus });
    expect(changeOvers(heard)).toBeGreaterThan(15);
    expect(changeOvers(alone)).toBe(0);
    expect(likeness(alone.sound, heard.sound, rateHz, 10, 10)).toBeGreaterThan(0.99);
    expect(largestStep(settled(heard.sound))).toBeLessThan(largestStep(settled(alone.sound)) * 1.2);
    // A pause's hiss may be a step to this side or to that of what counts as silent.
    expect(gaps(heard.sound, rateHz, 15)).toBeLessThanOrEqual(gaps(alone.sound, rateHz, 15) + 1);
    expect(Math.abs(levelDb(heard.sound) - levelDb(alone.sound))).toBeLessThan(0.2);
  });

  test('hears a tone without a step', () => {
    const said = tone(1000, 8000, 8000 * 8);
    const heard = settled(hearTurns({ said, speaks: words, fellows: 2, opus: wishes }).sound);
    const alone = settled(hearTurns({ said, speaks: words, fellows: 0, opus: wishes }).sound);
    expect(largestStep(heard)).toBeLessThan(largestStep(alone) * 1.2);
    // What it says itself isn't heard, nor a rest of it.
    expect(toneDb(heard, 700, rateHz)).toBeLessThan(-60);
  });
});

const said = tone(1000, 8000, 8000 * 3);

test('packets stay the member’s own: numbered and stamped without a break, by its type and SSRC', () => {
  const { packets, shared } = hearTurns({ said, speaks: words, fellows: 2, opus: wishes });
  expect(shared).toContain(true);
  packets.slice(1).forEach((packet, i) => {
    expect((packet.readUInt16BE(2) - packets[i].readUInt16BE(2)) & 0xffff).toBe(1);
    expect((packet.readUInt32BE(4) - packets[i].readUInt32BE(4)) >>> 0).toBe(960);
    expect(packet[1]).toBe(packets[0][1]);
    expect(packet.readUInt32BE(8)).toBe(packets[0].readUInt32BE(8));
  });
});

test.each([
  ['narrowband', { ...wishes, maxRateHz: 8000 }, 2],
  ['fewer bits than the encoder needs to be steady', { ...wishes, maxBitrate: 20_000 }, 2],
  ['one fellow', wishes, 1],
] as const)('nothing is shared: %s', (_, opus, fellows) => {
  // Before the first sound all packets are alike.
  expect(hearTurns({ said, speaks: never, fellows, opus }).shared.slice(10)).not.toContain(true);
});

test('a line’s noise is silence; a word is not, and is followed by half a second alone', () => {
  const { shared } = hearTurns({ said, speaks: (tick) => tick >= 50 && tick < 60, fellows: 2, opus: wishes });
  expect(shared.slice(10, 50)).not.toContain(false);
  expect(shared.slice(55, 80)).not.toContain(true);
  expect(shared.slice(95)).not.toContain(false);
});

test('a prompt is the member’s own; so is what it hears once it loses other packets than its fellows', () => {
  const { sound, shared } = hearTurns({
    said: tone(1000, 8000, 8000 * 4),
    speaks: never,
    fellows: 2,
    opus: wishes,
    during: (mixing, tick, ssrc) => {
      if (tick === 50) {
        mixing.expect(ssrc, 1);
        mixing.play(ssrc, new Player(1, [tone(1500, 8000, rateHz / 2, 0, rateHz)], false));
      }
      if (tick === 150) mixing.member(ssrc)?.expectLoss(30);
    },
  });
  expect(shared.slice(50, 75)).not.toContain(true);
  expect(shared.slice(85, 150)).not.toContain(false);
  expect(shared.slice(150)).not.toContain(true);
  expect(toneDb(sound.subarray(55 * 960, 70 * 960), 1500, rateHz)).toBeGreaterThan(-14);
  expect(largestStep(sound.subarray(80 * 960))).toBeLessThan(1400);
});

test('who leaves the room hears nothing any more, and no louder click than any sound that is cut off', () => {
  const leave = (fellows: number) =>
    hearTurns({
      said,
      speaks: never,
      fellows,
      opus: wishes,
      during: (mixing, tick, ssrc) => {
        if (tick === 100) mixing.leave(ssrc);
      },
    }).sound;
  const [heard, alone] = [leave(2), leave(0)];
  expect(levelDb(heard.subarray(103 * 960))).toBeLessThan(-60);
  expect(largestStep(settled(heard))).toBeLessThan(largestStep(settled(alone)) * 1.2);
});

test('the same in speech that stops and starts: the shared encoder begins anew unheard', () => {
  const pauses = joinSamples([said.subarray(0, 8000), new Int16Array(8000), said.subarray(0, 8000)]);
  const heard = hearTurns({ said: pauses, speaks: words, fellows: 2, opus: wishes });
  const alone = hearTurns({ said: pauses, speaks: words, fellows: 0, opus: wishes });
  expect(largestStep(settled(heard.sound))).toBeLessThan(largestStep(settled(alone.sound)) * 1.2);
});

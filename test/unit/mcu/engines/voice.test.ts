import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { Voice } from '../../../../mcu/engines/embedded/voice.ts';
import { readWav } from '../../../../mcu/prompts/wav.ts';
import { newRtpView } from '../../../../mcu/rtp/packet.ts';
import { joinSamples, levelDb, tone, toneDb } from '../../../support/audio.ts';
import {
  bursts,
  gaps,
  jitter,
  largestStep,
  likeness,
  loss,
  playOver,
  reordered,
  seeded,
} from '../../../support/network-path.ts';
import type { PathOptions } from '../../../support/network-path.ts';

const rates = [8000, 16_000, 48_000] as const;
const toneHz = 440;
const amplitude = 8000;
const spokenDb = 20 * Math.log10(amplitude / 32_768);

/** The most that a 440 Hz tone may step from sample to sample at seams: a little more than it does by itself. */
function allowedStep(rateHz: number): number {
  return ((2 * Math.PI * toneHz * amplitude) / rateHz) * 1.1 + 20;
}

function playTone(rateHz: number, seconds: number, options: Partial<PathOptions> = {}) {
  const sound = tone(toneHz, amplitude, rateHz * seconds, 0, rateHz);
  const played = playOver({ sound, rateHz, ...options });
  const from = rateHz / 5;
  const to = Math.floor(rateHz * (seconds - 0.2));
  return { ...played, middle: played.sound.subarray(from, to) };
}

describe.each(rates)('at %i Hz', (rateHz) => {
  test('a stream without faults is played as it is, after 40 ms that become 20', () => {
    const { middle, stats } = playTone(rateHz, 20, { sender: ({ index }) => index < 995 });
    expect(toneDb(middle.subarray(-rateHz), toneHz, rateHz)).toBeCloseTo(spokenDb, 1);
    expect(largestStep(middle)).toBeLessThan(allowedStep(rateHz));
    expect(stats).toMatchObject({ concealedMs: 0, lost: 0, lateLost: 0, targetDelayMs: 20 });
    expect(stats.stretchedMs).toBeLessThan(40);
  });

  test("a delay that is needed no more goes in a quiet room's noise, which has no period", () => {
    const random = seeded(7);
    const sound = Int16Array.from({ length: rateHz * 25 }, () => (random() - 0.5) * 110);
    const stalled = ({ index }: { index: number }) =>
      index >= 100 && index < 110 ? 230 - 20 * (index - 100) : 30;
    const { stats } = playOver({ sound, rateHz, network: stalled, sender: ({ index }) => index < 1245 });
    expect(stats.accelerations).toBeGreaterThan(3);
    expect(stats.playoutDelayMs ?? 0).toBeLessThan(45);
  });

  test('lost packets leave no gap and no click in a tone', () => {
    const { middle, stats } = playTone(rateHz, 10, { network: (_, random) => (random() < 0.1 ? null : 30) });
    expect(gaps(middle, rateHz, 5)).toBe(0);
    expect(largestStep(middle)).toBeLessThan(allowedStep(rateHz));
    expect(levelDb(middle)).toBeCloseTo(spokenDb - 3, 0);
    expect(stats.concealedMs).toBe(stats.lost * 20);
  });

  test('a sender that begins anew, or whose timestamps jump, is heard without gap or click', () => {
    const { middle, stats } = playTone(rateHz, 10, {
      sender: (packet) => {
        const { index } = packet;
        if (index >= 150) packet.sequence = (packet.sequence + 20_000) & 0xffff;
        if (index >= 150) packet.timestamp = (packet.timestamp + 99_999_999) >>> 0;
        if (index >= 300) packet.timestamp = (packet.timestamp - 555_555_555) >>> 0;
        if (index >= 400) packet.timestamp = (packet.timestamp + rateHz) >>> 0;
        return true;
      },
    });
    expect(stats).toMatchObject({ restarts: 3, lost: 0 });
    expect(gaps(middle, rateHz, 5)).toBe(0);
    expect(largestStep(middle)).toBeLessThan(allowedStep(rateHz));
    expect(stats.concealedMs).toBeLessThanOrEqual(20);
  });

  test.each([10, 30, 60])('packets of %i ms are played too', (packetMs) => {
    const { middle, stats } = playTone(rateHz, 5, { packetMs, network: (_, random) => 30 + random() * 15 });
    expect(gaps(middle, rateHz, 5)).toBe(0);
    expect(largestStep(middle)).toBeLessThan(allowedStep(rateHz));
    expect(stats).toMatchObject({ lost: 0, lateLost: 0 });
  });
});

describe('speech of a telephone through a network', () => {
  const rateHz = 8000;
  let said: Int16Array;
  beforeAll(() => {
    const once = readWav(readFileSync('test/fixtures/speech/phone.wav'), 'phone.wav').samples;
    said = joinSamples([once, once]);
  });

  /** Least likeness, most new gaps of 15 ms, most delay, most loss that is not the network's. */
  const impairments: readonly [string, Partial<PathOptions>, number, number, number, number][] = [
    ['nothing', {}, 0.98, 0, 45, 0],
    ['1 % loss', { network: loss(0.01) }, 0.98, 0, 45, 0],
    ['5 % loss', { network: loss(0.05) }, 0.96, 2, 45, 0],
    ['10 % loss', { network: loss(0.1) }, 0.94, 4, 45, 0],
    ['bursts of 3, 3 %', { network: bursts(0.01, 3) }, 0.97, 2, 45, 0],
    ['bursts of 5, 5 %', { network: bursts(0.01, 5) }, 0.95, 14, 45, 0],
    ['20 ms jitter', { network: jitter(20) }, 0.98, 0, 60, 0],
    ['50 ms jitter', { network: jitter(50) }, 0.98, 1, 90, 3],
    ['100 ms jitter', { network: jitter(100) }, 0.98, 2, 140, 8],
    ['200 ms jitter', { network: jitter(200) }, 0.98, 3, 240, 12],
    ['10 % reordered', { network: reordered(0.1) }, 0.98, 1, 70, 1],
    ['10 % twice', { network: (_, random) => (random() < 0.1 ? [30, 41] : 30) }, 0.98, 0, 45, 0],
    ['+100 ppm', { driftPpm: 100 }, 0.98, 0, 45, 0],
    ['−100 ppm', { driftPpm: -100 }, 0.98, 0, 45, 0],
    ['+1000 ppm', { driftPpm: 1000 }, 0.98, 0, 50, 0],
    ['−1000 ppm', { driftPpm: -1000 }, 0.98, 1, 50, 2],
    [
      '3 % loss, 50 ms jitter, 100 ppm',
      { driftPpm: 100, network: (_, random) => (random() < 0.03 ? null : 30 + random() * 50) },
      ...([0.96, 2, 90, 3] as const),
    ],
  ];

  test.each(impairments)('%s', (_, path, leastLikeness, newGaps, mostDelayMs, ownLoss) => {
    let delayMs = 0;
    const { sound, stats } = playOver({
      ...{ sound: said, rateHz, ...path },
      onFrame: (voice) => (delayMs = Math.max(delayMs, voice.stats().playoutDelayMs ?? 0)),
    });
    expect(likeness(said, sound, rateHz, 150, 150)).toBeGreaterThan(leastLikeness);
    expect(gaps(sound, rateHz, 15) - gaps(said, rateHz, 15)).toBeLessThanOrEqual(newGaps);
    expect(Math.abs(levelDb(sound.subarray(0, said.length)) - levelDb(said))).toBeLessThan(0.6);
    expect(delayMs).toBeLessThanOrEqual(mostDelayMs);
    expect(stats.lateLost).toBeLessThanOrEqual(ownLoss);
    expect(largestStep(sound)).toBeLessThanOrEqual(largestStep(said) * 1.1);
  });
});

test('a pause without packets is no loss, and speech after it is whole', () => {
  const rateHz = 8000;
  const speaks = (index: number) => index % 100 < 50;
  const { sound, stats } = playTone(rateHz, 20, {
    sender: (packet) => {
      packet.marker = packet.index % 100 === 0;
      if (!speaks(packet.index)) return false;
      packet.sequence = (Math.floor(packet.index / 100) * 50 + (packet.index % 100)) & 0xffff;
      return true;
    },
  });
  expect(stats).toMatchObject({ lost: 0, concealedMs: 0, lateLost: 0, restarts: 0 });
  expect(gaps(sound, rateHz, 500)).toBe(9);
  expect(largestStep(sound)).toBeLessThan(allowedStep(rateHz));
});

test('a sender that stops its timestamps in pauses is not held for the length of the pause', () => {
  let delayMs = 0;
  const { stats } = playTone(8000, 20, {
    sender: (packet) => {
      if (packet.index >= 300 && packet.index < 500) return false;
      if (packet.index < 500) return true;
      packet.sequence = (packet.sequence - 200) & 0xffff;
      packet.timestamp = (packet.timestamp - 200 * 160) >>> 0;
      return true;
    },
    onFrame: (voice) => (delayMs = Math.max(delayMs, voice.stats().playoutDelayMs ?? 0)),
  });
  expect(delayMs).toBeLessThanOrEqual(60);
  expect(stats).toMatchObject({ lost: 0, concealedMs: 0, lateLost: 0 });
});

test('what a stall held back is worked off within seconds', () => {
  const delays: number[] = [];
  const { middle } = playTone(8000, 20, {
    network: ({ index }) => 30 + (index > 300 && index < 315 ? (315 - index) * 20 : 0),
    onFrame: (voice) => delays.push(voice.stats().playoutDelayMs ?? 0),
  });
  expect(Math.max(...delays)).toBeGreaterThan(200);
  expect(delays[600]).toBeLessThan(160);
  expect(delays[950]).toBeLessThan(60);
  expect(largestStep(middle)).toBeLessThan(allowedStep(8000));
});

test.each([100, -100])('an hour at %i ppm: the delay stays, nothing is lost, nothing clicks', (ppm) => {
  // 400 Hz: every packet of 160 samples is the same.
  const wave = tone(400, amplitude, 160);
  const payload = Buffer.from(wave.buffer);
  const decoder = {
    decode: (_packet: Buffer, _start: number, _end: number, out: Int16Array, at: number) => {
      out.set(wave, at);
      return wave.length;
    },
  };
  const voice = new Voice({ decoder, rateHz: 8000, clockHz: 8000, longestDelayMs: 300 });
  const view = newRtpView();
  view.payloadEnd = payload.length;
  const frame = new Int16Array(160);
  let before = 0;
  let step = 0;
  let [least, most] = [Infinity, 0];
  for (let sent = 0, index = 0; index < 50 * 3600; index++) {
    const dueMs = index * 20;
    for (; (sent * 20) / (1 + ppm / 1e6) <= dueMs; sent++) {
      view.sequence = sent & 0xffff;
      view.timestamp = sent * 160;
      voice.put(payload, view, (sent * 20) / (1 + ppm / 1e6));
    }
    voice.pull(frame, dueMs);
    if (index < 100) continue;
    for (const sample of frame) {
      step = Math.max(step, Math.abs(sample - before));
      before = sample;
    }
    if (index === 100) step = 0;
    const { playoutDelayMs } = voice.stats();
    least = Math.min(least, playoutDelayMs ?? 0);
    most = Math.max(most, playoutDelayMs ?? Infinity);
  }
  expect(least).toBeGreaterThanOrEqual(15);
  expect(most).toBeLessThanOrEqual(45);
  expect(step).toBeLessThan(3000);
  expect(voice.stats()).toMatchObject({ lost: 0, lateLost: 0, restarts: 0 });
  expect(voice.stats().concealedMs).toBeLessThan(20);
  expect(voice.stats().stretchedMs).toBeGreaterThan(330);
});

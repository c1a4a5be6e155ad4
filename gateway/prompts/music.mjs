// Music on hold and tones, composed and synthesised here. Made for narrowband: its notes and their harmonics
// lie between 200 and 3000 Hz, attacks are soft, and nothing is so steady that a speech codec chops it.
import { lowPass, rms } from './sound.mjs';

const beatSeconds = 0.9;
const beatsPerBar = 4;

/** MIDI notes: bass, then the chord. Ten bars of 3.6 s; the last leads back to the first. */
const bars = [
  [53, 60, 64, 69], // F maj7
  [57, 60, 64, 67], // A min7
  [50, 60, 65, 69], // D min7
  [55, 59, 62, 65], // G 7
  [48, 60, 64, 67], // C
  [57, 60, 64, 69], // A min
  [53, 60, 65, 69], // F
  [50, 57, 60, 65], // D min7
  [55, 60, 62, 67], // G sus4
  [55, 59, 62, 67], // G
];
/** A melody, one bar a line: [beat, note, beats]. */
const melody = [
  [
    [0.5, 76, 1.5],
    [2, 72, 2],
  ],
  [
    [0.5, 71, 1],
    [1.5, 72, 2.5],
  ],
  [
    [1, 74, 1],
    [2, 77, 1],
    [3, 76, 1],
  ],
  [[0.5, 74, 3]],
  [
    [0.5, 79, 1],
    [1.5, 76, 1],
    [2.5, 72, 1.5],
  ],
  [
    [1, 76, 1.5],
    [2.5, 72, 1.5],
  ],
  [
    [0.5, 69, 1],
    [1.5, 72, 1],
    [2.5, 77, 1.5],
  ],
  [
    [0.5, 76, 1],
    [1.5, 74, 2],
  ],
  [
    [1, 72, 1],
    [2, 74, 2],
  ],
  [
    [0.5, 71, 1],
    [2, 67, 2],
  ],
];

const frequencyOf = (note) => 440 * 2 ** ((note - 69) / 12);

/** A mellow electric piano: a few partials that fade the faster the higher they are. */
function pianoAt(hz, t) {
  const attack = 1 - Math.exp(-t / 0.012);
  let sum = 0;
  for (let partial = 1; partial <= 4; partial++) {
    const strength = [1, 0.35, 0.16, 0.07][partial - 1];
    sum += strength * Math.exp(-t * (0.9 + 0.8 * partial)) * Math.sin(2 * Math.PI * partial * hz * t);
  }
  return attack * sum;
}

/** A slow pad, two voices a little apart. */
function padAt(hz, t, seconds) {
  const swell = Math.sin((Math.PI * Math.min(t, seconds)) / seconds) ** 2;
  const voice = (detune) =>
    Math.sin(2 * Math.PI * hz * detune * t) + 0.3 * Math.sin(4 * Math.PI * hz * detune * t);
  return swell * (voice(0.9985) + voice(1.0015));
}

/**
 * 36 s that loop without a seam: what rings beyond the end is laid over the beginning, and the room's
 * echo is taken from a second turn, when it has everything of the first in it. RMS −24 dBFS.
 */
export function holdMusic(rateHz) {
  const barSeconds = beatSeconds * beatsPerBar;
  const length = Math.round(bars.length * barSeconds * rateHz);
  const loop = new Float64Array(length);
  const add = (startSeconds, seconds, gain, soundAt) => {
    const start = Math.round(startSeconds * rateHz);
    for (let i = 0; i < seconds * rateHz; i++) loop[(start + i) % length] += gain * soundAt(i / rateHz);
  };
  bars.forEach((notes, bar) => {
    const start = bar * barSeconds;
    notes.forEach((note, voice) => {
      // The bass sounds an octave up: telephones have nothing below 200 Hz.
      const hz = frequencyOf(voice === 0 && note < 55 ? note + 12 : note);
      add(start, barSeconds * 1.6, 0.05, (t) => padAt(hz, t, barSeconds * 1.6));
      add(start + voice * beatSeconds * 0.5, 3, 0.16, (t) => pianoAt(hz, t));
    });
    for (const [beat, note, beats] of melody[bar]) {
      const hz = frequencyOf(note);
      add(start + beat * beatSeconds, beats * beatSeconds + 1.5, 0.26, (t) => pianoAt(hz, t));
    }
  });
  const twice = new Float64Array(2 * length);
  twice.set(loop);
  twice.set(loop, length);
  const wet = lowPass(echo(twice, rateHz), rateHz, 3000).slice(length);
  const gain = 10 ** (-24 / 20) / rms(wet);
  return wet.map((sample) => sample * gain);
}

/** A small room: four feedback delays of lengths without common divisors, dry sound first. */
function echo(samples, rateHz) {
  const out = samples.slice();
  for (const [delayMs, feedback] of [
    [83, 0.45],
    [107, 0.4],
    [139, 0.35],
    [173, 0.3],
  ]) {
    const delay = Math.round((delayMs / 1000) * rateHz);
    const line = samples.slice();
    for (let i = delay; i < line.length; i++) line[i] += feedback * line[i - delay];
    for (let i = delay; i < line.length; i++) out[i] += 0.12 * line[i - delay];
  }
  return out;
}

/** Short soft notes one after the other, −24 dBFS while they sound; rising for who comes, falling for who goes. */
export function tone(rateHz, frequenciesHz) {
  const noteSeconds = 0.11;
  const ringSeconds = 0.2;
  const out = new Float64Array(Math.round(((frequenciesHz.length - 1) * noteSeconds + ringSeconds) * rateHz));
  frequenciesHz.forEach((hz, index) => {
    const start = Math.round(index * noteSeconds * rateHz);
    for (let i = 0; i < ringSeconds * rateHz; i++) {
      const t = i / rateHz;
      const shape = Math.min(1, t / 0.01) * Math.exp(-t / 0.07) * Math.min(1, (ringSeconds - t) / 0.03);
      out[start + i] +=
        0.16 * shape * (Math.sin(2 * Math.PI * hz * t) + 0.2 * Math.sin(4 * Math.PI * hz * t));
    }
  });
  return out;
}

// Makes all sounds of this folder from texts.yaml and from the notes below; the same input gives the same bytes.
//   node gateway/prompts/make.mjs            needs Python 3 with venv and headers, and a C compiler:
//                                            apt-get install python3-venv python3-dev gcc
//
// Voice: SVOX Pico (Apache-2.0, engine and voices), from PyPI's `ttspico`. LICENSE.md says why this one.
// Music and tones: synthesised here.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { highPass, limit, mix, normalise, peaking, shortenPauses, trimSilence, wav } from './sound.mjs';
import { holdMusic, tone } from './music.mjs';

const folder = dirname(fileURLToPath(import.meta.url));
const cache = join(folder, '..', '..', '.cache', 'prompts');
const rateHz = 16_000;
const voices = { en: 'en-US', de: 'de-DE' };
const endsWithTone = new Set(['echo-test']);

/** Reads `[voice, [text…]]` pairs from stdin, writes the samples of each text, base64, a line each. */
const speaker = `
import base64, json, sys, ttspico
for voice, texts in json.load(sys.stdin):
    engine = ttspico.TtsEngine(voice)
    # At its own default of 100 Pico clips its loudest vowels.
    engine.volume = 25
    for text in texts:
        print(base64.b64encode(engine.speak(text)).decode())
`;

function python() {
  const path = join(cache, 'venv', 'bin', 'python');
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true });
  execFileSync('python3', ['-m', 'venv', join(cache, 'venv')], { stdio: 'inherit' });
  execFileSync(path, ['-m', 'pip', 'install', '--quiet', 'setuptools', 'ttspico==0.3.2'], {
    stdio: 'inherit',
  });
  return path;
}

function speak(texts) {
  const languages = Object.entries(voices);
  const input = languages.map(([language, voice]) => [
    voice,
    Object.values(texts).map((text) => asSpoken(text[language])),
  ]);
  const lines = execFileSync(python(), ['-c', speaker], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  }).split('\n');
  return languages.flatMap(([language]) =>
    Object.keys(texts).map((id) => ({ language, id, samples: samplesOf(lines.shift()) })),
  );
}

/** Pico spells words in capitals. */
function asSpoken(text) {
  return text.replaceAll('PIN', 'Pin');
}

function samplesOf(base64) {
  const bytes = Buffer.from(base64, 'base64');
  return Float64Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readInt16LE(2 * i) / 32768);
}

/** What a telephone needs: no rumble, consonants a little forward, one loudness for all, nothing near clipping. */
function forTelephones(samples) {
  const shaped = peaking(
    highPass(shortenPauses(trimSilence(samples, rateHz), rateHz), rateHz, 140),
    rateHz,
    2400,
    3,
  );
  return limit(normalise(shaped, rateHz, -20), rateHz, -3.5);
}

function keep(name, samples) {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, wav(samples, rateHz));
  console.log(`${name}  ${(samples.length / rateHz).toFixed(2)} s`);
}

const join4th = tone(rateHz, [523.25, 698.46]);
const leave4th = tone(rateHz, [698.46, 523.25]);
const texts = parse(readFileSync(join(folder, 'texts.yaml'), 'utf8'));
for (const { language, id, samples } of speak(texts)) {
  const speech = forTelephones(samples);
  const end = endsWithTone.has(id) ? tone(rateHz, [880]) : null;
  keep(
    `${language}/${id}.wav`,
    end === null ? speech : mix(speech, end, speech.length + Math.round(0.2 * rateHz)),
  );
}
keep('tones/join.wav', join4th);
keep('tones/leave.wav', leave4th);
keep('music/hold.wav', holdMusic(rateHz));

// Speech by SVOX Pico (Apache-2.0, engine and voices), from PyPI's `ttspico`; LICENSE.md says why this voice.
// The same text gives the same samples. Needs Python 3 with venv and headers, and a C compiler, once.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { highPass, limit, normalise, peaking, shortenPauses, trimSilence } from './sound.mjs';

const cache = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '.cache', 'prompts');

export const picoRateHz = 16_000;

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

/** The samples of each text of `[voice, [text…]]` pairs, in their order: −1…1 at `picoRateHz`. */
export function speakAll(pairs) {
  const lines = execFileSync(python(), ['-c', speaker], {
    input: JSON.stringify(pairs),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  }).split('\n');
  return pairs.flatMap(([, texts]) => texts.map(() => samplesOf(lines.shift())));
}

function samplesOf(base64) {
  const bytes = Buffer.from(base64, 'base64');
  return Float64Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readInt16LE(2 * i) / 32768);
}

/** What a telephone needs: no rumble, consonants a little forward, one loudness for all, nothing near clipping. */
export function forTelephones(samples) {
  const shaped = peaking(
    highPass(shortenPauses(trimSilence(samples, picoRateHz), picoRateHz), picoRateHz, 140),
    picoRateHz,
    2400,
    3,
  );
  return limit(normalise(shaped, picoRateHz, -20), picoRateHz, -3.5);
}

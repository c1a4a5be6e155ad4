// Makes all sounds of this folder from texts.yaml and from the notes below; the same input gives the same bytes.
//   node gateway/prompts/make.mjs            needs Python 3 with venv and headers, and a C compiler:
//                                            apt-get install python3-venv python3-dev gcc
//
// Voice: pico.mjs. Music and tones: synthesised here.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { holdMusic, tone } from './music.mjs';
import { forTelephones, picoRateHz as rateHz, speakAll } from './pico.mjs';
import { mix, wav } from './sound.mjs';

const folder = dirname(fileURLToPath(import.meta.url));
const voices = { en: 'en-US', de: 'de-DE' };
const endsWithTone = new Set(['echo-test']);

function speak(texts) {
  const languages = Object.entries(voices);
  const spoken = speakAll(
    languages.map(([language, voice]) => [
      voice,
      Object.values(texts).map((text) => asSpoken(text[language])),
    ]),
  );
  return languages.flatMap(([language]) =>
    Object.keys(texts).map((id) => ({ language, id, samples: spoken.shift() })),
  );
}

/** Pico spells words in capitals. */
function asSpoken(text) {
  return text.replaceAll('PIN', 'Pin');
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

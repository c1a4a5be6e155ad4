/** The report as one page that needs nothing else. */
import { wavBytes } from '../../support/audio.ts';
import { passed } from '../report.ts';
import type { DemoReport, Recording, Speech } from '../report.ts';
import type { Demo, Pictures } from '../run.ts';
import { PHONE_RATE_HZ } from '../sound.ts';
import { decibels, duration, escape } from '../words.ts';
import { ladder } from './ladder.ts';
import { style } from './style.ts';
import { player, waveform } from './waveform.ts';

export function page({ report, phoneHeard, browserHeard, pictures }: Demo): string {
  const failed = report.checks.filter((check) => !check.passed).length;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A phone call into a room</title>
<style>${style}</style>
<main>
<header>
<div><h1>A phone call into a room</h1><p>${subtitle(report)}</p></div>
<span class="verdict${passed(report) ? '' : ' bad'}">${failed === 0 ? `All ${report.checks.length} checks passed` : `${failed} of ${report.checks.length} checks failed`}</span>
</header>
<div class="two">
${recording('What the phone heard', 'phone', phoneHeard, report.phoneHeard)}
${recording('What the browser heard', 'browser', browserHeard, report.browserHeard)}
</div>
${roomSystemCards(report, pictures)}
<div class="two">
<div class="stack">
<section class="card"><h2>SIP, as the phone saw it</h2>${ladder(report)}${messages(report)}</section>
<section class="card"><h2>How long it took</h2>${times(report)}</section>
</div>
<section class="card"><h2>Checks</h2>${checks(report)}</section>
</div>
</main>
</html>
`;
}

function subtitle({ startedAt, parts, call, roomSystem }: DemoReport): string {
  const when = `${startedAt.slice(0, 10)} ${startedAt.slice(11, 16)} UTC`;
  return escape(
    `${parts.phone} dials ${call.to}, types a PIN and talks with Ada (${parts.browser}) in the room “${call.room}” of ${parts.livekit}.${roomSystem ? ' Then a room system dials in.' : ''} ${when}.`,
  );
}

function roomSystemCards({ roomSystemMissing }: DemoReport, pictures: Pictures | null): string {
  if (!pictures)
    return `<section class="card"><h2>No room system dialled in</h2><p>${escape(roomSystemMissing ?? '')}</p></section>`;
  return `<div class="three">
${picture('What the room system saw', 'Ada and Grace in the room', pictures.room)}
${picture('Its screen before that', 'A screen that asks for the PIN', pictures.pinScreen)}
${picture('What Ada saw of it', 'Colour bars, the room system’s camera', pictures.seen)}
</div>`;
}

function picture(title: string, words: string, png: Buffer): string {
  return `<section class="card"><h2>${title}</h2>
<img alt="${escape(words)}" src="data:image/png;base64,${png.toString('base64')}"></section>`;
}

function recording(title: string, colour: string, samples: Int16Array, about: Recording): string {
  const rows = about.speeches.map(
    (speech) => `<tr><td>${escape(place(speech))}</td>
<td class="number soft">correlation ${speech.correlation.toFixed(2)}</td></tr>`,
  );
  return `<section class="card"><h2>${title}</h2>
${waveform(samples, about, colour)}
${player(wavBytes(samples, PHONE_RATE_HZ), title)}
<table>${rows.join('')}</table></section>`;
}

function place({ whose, wanted, found }: Speech): string {
  if (found === null) return `No word of ${whose}${wanted ? '' : ', as it should be'}`;
  return `${whose === 'Ada' ? 'Ada' : 'The phone'} from ${found.atSeconds.toFixed(1)} s on, at ${decibels(found.activeDb)}`;
}

function messages({ ladder }: DemoReport): string {
  const texts = ladder.map(
    ({ atMs, from, title, text }) =>
      `<details><summary>${duration(atMs)} ${from === 'phone' ? '→' : '←'} ${escape(title)}</summary><pre>${escape(text)}</pre></details>`,
  );
  return `<details><summary>All ${ladder.length} messages in full</summary>${texts.join('')}</details>`;
}

function times({ times }: DemoReport): string {
  const rows = times.map(
    ({ from, to, ms }) =>
      `<tr><td><span class="soft">${escape(from)} →</span> ${escape(to)}</td><td class="number">${duration(ms)}</td></tr>`,
  );
  return `<table>${rows.join('')}</table><p class="note">The first call of processes that have just started.</p>`;
}

function checks({ checks }: DemoReport): string {
  const rows = checks.map(
    ({ name, passed, measured }) =>
      `<tr><td class="mark${passed ? '' : ' bad'}" aria-label="${passed ? 'passed' : 'failed'}">${passed ? '✓' : '✗'}</td>
<td>${escape(name)}<br><span class="soft">${escape(measured)}</span></td></tr>`,
  );
  return `<table>${rows.join('')}</table>`;
}

/** A recording as a picture: a column per hundredth, and a band where speech was recognised. */
import type { Recording } from '../report.ts';
import { escape } from '../words.ts';

const WIDTH = 480;
const HEIGHT = 120;
const WAVE = 96;
const COLUMNS = 240;

export function waveform(
  samples: Int16Array,
  { seconds, speeches, file }: Recording,
  colour: string,
): string {
  const x = (at: number) => ((at / seconds) * WIDTH).toFixed(1);
  const bands = speeches.flatMap(({ found, whose }) =>
    found === null
      ? []
      : [
          `<rect class="band" rx="6" x="${x(found.atSeconds)}" y="0" width="${x(found.seconds)}" height="${WAVE}"/>
<text class="soft" x="${x(found.atSeconds + found.seconds / 2)}" y="14" text-anchor="middle">${escape(whose)}</text>`,
        ],
  );
  const ticks = Array.from({ length: Math.floor(seconds / 5) + 1 }, (_, i) => i * 5).filter(
    (at) => at < seconds - 1,
  );
  const labels = ticks.map((at) => `<text class="soft" x="${x(at)}" y="${HEIGHT - 6}">${at} s</text>`);
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Waveform of ${escape(file)}">
${bands.join('')}<path class="wave" stroke="var(--${colour})" d="${columns(samples)}"/>${labels.join('')}
</svg>`;
}

/** Loudest sample of each column; the square root lifts the quiet ones into sight. */
function columns(samples: Int16Array): string {
  const length = Math.ceil(samples.length / COLUMNS);
  const middle = WAVE / 2 + 4;
  return Array.from({ length: COLUMNS }, (_, i) => {
    const part = samples.subarray(i * length, (i + 1) * length);
    const peak = part.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0) / 32768;
    const half = Math.max(0.6, Math.sqrt(peak) * (WAVE / 2 - 12));
    const at = ((i + 0.5) * WIDTH) / COLUMNS;
    return `M${at.toFixed(1)} ${(middle - half).toFixed(1)}v${(2 * half).toFixed(1)}`;
  }).join('');
}

/** The sound itself, so that the page needs no other file. */
export function player(wav: Buffer, label: string): string {
  return `<audio controls preload="metadata" aria-label="${escape(label)}" src="data:audio/wav;base64,${wav.toString('base64')}"></audio>`;
}

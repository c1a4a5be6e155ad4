/** The call as a ladder: who sent what to whom, and when. */
import type { DemoReport } from '../report.ts';
import { duration, escape } from '../words.ts';

const WIDTH = 460;
const PHONE_X = 118;
const GATEWAY_X = 430;
const ROW = 40;
const TOP = 28;
/** A longer pause is drawn as one. */
const PAUSE_MS = 5000;

interface Row {
  readonly atMs: number;
  draw(y: number): string;
}

export function ladder({ ladder, events, parts }: DemoReport): string {
  const rows: Row[] = [
    ...ladder.map((message) => ({
      atMs: message.atMs,
      draw: (y: number) => arrow(y, message.from, message.title),
    })),
    ...events.map(({ atMs, text }) => ({ atMs, draw: (y: number) => event(y, text) })),
  ].sort((a, b) => a.atMs - b.atMs);
  let y = TOP;
  let before = 0;
  const drawn = rows.map((row) => {
    const paused = row.atMs - before > PAUSE_MS;
    const note = paused
      ? `<text class="soft" x="${middle}" y="${y + 24}" text-anchor="middle">${duration(row.atMs - before)} later</text>`
      : '';
    y += paused ? ROW * 1.5 : ROW;
    before = row.atMs;
    return `${note}<text class="soft" x="84" y="${y + 4}" text-anchor="end">${duration(row.atMs)}</text>${row.draw(y)}`;
  });
  const height = y + 24;
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="SIP messages between phone and gateway, with times">
${head(PHONE_X, parts.phone)}${head(GATEWAY_X - 20, 'gateway')}
<line class="life" x1="${PHONE_X}" x2="${PHONE_X}" y1="32" y2="${height}"/>
<line class="life" x1="${GATEWAY_X}" x2="${GATEWAY_X}" y1="32" y2="${height}"/>
${drawn.join('\n')}
</svg>`;
}

const middle = (PHONE_X + GATEWAY_X) / 2;

function head(x: number, text: string): string {
  return `<text class="who" x="${x}" y="18" text-anchor="middle">${escape(text)}</text>`;
}

function arrow(y: number, from: 'phone' | 'gateway', title: string): string {
  const [begin, end] = from === 'phone' ? [PHONE_X + 4, GATEWAY_X - 4] : [GATEWAY_X - 4, PHONE_X + 4];
  const back = from === 'phone' ? -9 : 9;
  return `<text x="${middle}" y="${y - 6}" text-anchor="middle">${escape(title)}</text>
<g class="from-${from}"><line stroke-width="1.6" x1="${begin}" x2="${end}" y1="${y}" y2="${y}"/>
<path stroke="none" d="M${end} ${y}l${back} -4.5v9z"/></g>`;
}

function event(y: number, text: string): string {
  return `<text class="soft" x="${middle}" y="${y - 6}" text-anchor="middle">${escape(text)}</text>
<line class="event" x1="${PHONE_X + 4}" x2="${GATEWAY_X - 4}" y1="${y}" y2="${y}"/>`;
}

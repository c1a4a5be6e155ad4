/**
 * Draws a CPU profile as a flame graph: `node --import tsx test/bench/flame.ts <in.cpuprofile> <out.svg> [title]`.
 * Width is time on the event loop's thread, a row is a call deeper; idle time is left out.
 */
import { readFile, writeFile } from 'node:fs/promises';

const width = 1200;
const rowHeight = 17;
const margin = 10;
const head = 34;
/** Narrower than this nobody sees. */
const narrowestPx = 0.6;
const charPx = 6.4;

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Callers of one function from one place, summed up. */
interface Frame {
  readonly name: string;
  readonly kind: 'ours' | 'package' | 'node' | 'native';
  readonly children: Map<string, Frame>;
  time: number;
}

const colours = { ours: '#f2994a', package: '#9b8cd9', node: '#6fb07f', native: '#b9bec7' } as const;

function flame(profile: CpuProfile): Frame {
  const own = new Map<number, number>();
  profile.samples.forEach((id, i) => own.set(id, (own.get(id) ?? 0) + profile.timeDeltas[i]));
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const root: Frame = { name: 'event loop', kind: 'native', children: new Map(), time: 0 };
  const add = (id: number, parent: Frame): number => {
    const node = byId.get(id);
    if (node === undefined || node.callFrame.functionName === '(idle)') return 0;
    const frame = childOf(parent, node.callFrame);
    const time =
      (own.get(id) ?? 0) + (node.children ?? []).reduce((sum, child) => sum + add(child, frame), 0);
    frame.time += time;
    return time;
  };
  const top = profile.nodes[0];
  root.time = (top.children ?? []).reduce((sum, child) => sum + add(child, root), 0);
  return root;
}

function childOf(parent: Frame, { functionName, url, lineNumber }: CallFrame): Frame {
  const file = /(?:dist\/|node_modules\/|node:)(.+)$/.exec(url)?.[1];
  const name = `${functionName === '' ? '(anonymous)' : functionName}${file === undefined ? '' : ` ${file}:${lineNumber + 1}`}`;
  let child = parent.children.get(name);
  if (child === undefined) {
    child = { name, kind: kindOf(url), children: new Map(), time: 0 };
    parent.children.set(name, child);
  }
  return child;
}

function kindOf(url: string): Frame['kind'] {
  if (url.startsWith('node:')) return 'node';
  if (url.includes('/node_modules/')) return 'package';
  return url.includes('/dist/') ? 'ours' : 'native';
}

function draw(root: Frame, title: string): string {
  const boxes: string[] = [];
  const perPx = root.time / (width - 2 * margin);
  let deepest = 0;
  const box = (frame: Frame, x: number, depth: number): void => {
    const px = frame.time / perPx;
    if (px < narrowestPx) return;
    deepest = Math.max(deepest, depth);
    const y = head + depth * rowHeight;
    const share = ((100 * frame.time) / root.time).toFixed(1);
    const text = frame.name.slice(0, Math.max(0, Math.floor((px - 6) / charPx)));
    boxes.push(
      `<g><title>${escape(frame.name)}: ${share} %</title>` +
        `<rect x="${x.toFixed(1)}" y="${y}" width="${px.toFixed(1)}" height="${rowHeight - 1}" fill="${colours[frame.kind]}"/>` +
        (text.length > 2 ? `<text x="${(x + 3).toFixed(1)}" y="${y + 12}">${escape(text)}</text>` : '') +
        '</g>',
    );
    let at = x;
    for (const child of [...frame.children.values()].sort((a, b) => b.time - a.time)) {
      box(child, at, depth + 1);
      at += child.time / perPx;
    }
  };
  box(root, margin, 0);
  const height = head + (deepest + 1) * rowHeight + margin;
  const legend = Object.entries(colours)
    .map(([kind, colour], i) => {
      const x = width - margin - 320 + i * 80;
      return `<rect x="${x}" y="10" width="12" height="12" fill="${colour}"/><text x="${x + 17}" y="20">${kind}</text>`;
    })
    .join('');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="monospace" font-size="10.5">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${margin}" y="20" font-size="13" font-weight="bold">${escape(title)}</text>${legend}`,
    ...boxes,
    '</svg>',
    '',
  ].join('\n');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const [from = '', to = '', title = 'CPU time'] = process.argv.slice(2);
if (from === '' || to === '') throw new Error('flame.ts <in.cpuprofile> <out.svg> [title]');
await writeFile(to, draw(flame(JSON.parse(await readFile(from, 'utf8')) as CpuProfile), title));

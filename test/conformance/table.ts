/** The conformance table: a clause a line, beside each other what both edges showed. */
import type { Run, Shown } from './results.ts';

/** Markdown lines, sorted by document and section. A test that one run lacks says so. */
export function conformanceTable(embedded: Run, drachtio: Run | null): string {
  const theirs = new Map((drachtio?.shown ?? []).map((one) => [keyOf(one), one]));
  const rows = [...embedded.shown].sort(bySection).map((ours) => {
    const real = theirs.get(keyOf(ours));
    return [
      ours.section,
      ours.layer,
      `${ours.test} (\`${ours.file.replace(/^test\/|\.test\.ts$/g, '')}\`)`,
      wordFor[ours.result],
      real ? verdict(real) : 'not run',
    ];
  });
  const lines = [
    ['clause', 'layer', 'what is shown, and where', 'embedded edge', 'drachtio-server'],
    ['---', '---', '---', '---', '---'],
    ...rows,
  ];
  return lines.map((cells) => `| ${cells.map(escapeCell).join(' | ')} |`).join('\n');
}

const wordFor = { passed: 'passes', failed: '**fails**', 'not run': 'not run' } as const satisfies Record<
  Shown['result'],
  string
>;

function verdict(real: Shown): string {
  const word = wordFor[real.result];
  return real.onDrachtio === undefined || real.result !== 'passed' ? word : `${word}, but ${real.onDrachtio}`;
}

function keyOf({ file, test }: Shown): string {
  return `${file} ${test}`;
}

/** `RFC 3261 §8.2.2.3` after `RFC 3261 §8.2`, and §10 after §9. */
function bySection(a: Shown, b: Shown): number {
  return a.section.localeCompare(b.section, 'en', { numeric: true }) || a.test.localeCompare(b.test, 'en');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}

import { YamlScan, type Path, type Scalar } from './yaml-scan.ts';

/** What may be typed where the cursor is. */
export interface Place {
  /** `key`: of the mapping that gets one; `value`: of the value. */
  readonly path: Path;
  readonly role: 'key' | 'value';
  readonly flow: boolean;
  /** Where the word before the cursor begins. */
  readonly from: number;
  readonly word: string;
  /** Keys that the mapping has already. */
  readonly present: ReadonlySet<string>;
}

export function placeAt(text: string, position: number): Place {
  const line = text.slice(text.lastIndexOf('\n', position - 1) + 1, position);
  const word = /[^\s,[\]{}:'"#]*$/.exec(line)?.[0] ?? '';
  const from = position - word.length;
  const { path, role, flow } = new YamlScan(text.slice(0, from)).end();
  return { path, role, flow, from, word, present: keysBeside(text, path, from) };
}

/** The key or value that stands there; null: neither. */
export function scalarAt(text: string, position: number): Scalar | null {
  return new YamlScan(text).scalars.find(({ from, to }) => from <= position && position <= to) ?? null;
}

function keysBeside(text: string, path: Path, from: number): Set<string> {
  const beside = new YamlScan(text).scalars.filter(
    (scalar) =>
      scalar.role === 'key' &&
      scalar.from !== from &&
      scalar.path.length === path.length + 1 &&
      path.every((step, index) => step === scalar.path[index]),
  );
  return new Set(beside.map(({ text: key }) => key));
}

import { isCollection, isMap, isPair, isScalar, LineCounter, visit, type Document } from 'yaml';

/** Lines of comments, and blank lines, that stand together before a line that says something. */
export interface CommentLines {
  /** The item that begins in that line; null: the end of the file. */
  readonly before: string | null;
  readonly lines: readonly {
    /** Empty: a blank line. */
    readonly text: string;
    /** The item whose line it is indented like; null: not at all. */
    readonly like: string | null;
  }[];
}

/** A line in which an item of a block begins: a key, or a dash. */
interface ItemLine {
  readonly line: number;
  readonly indent: number;
  /** Where it is: `rules/0/match`; of several in a line the outermost. */
  readonly path: string;
}

type Parse = (text: string) => Document.Parsed;

/**
 * Takes the lines of comments and the blank lines between items out of a text. The YAML printer would move them: to it
 * they are the end of what stands before, and indented like that.
 */
export function takeOut(text: string, parse: Parse): { bare: string; comments: CommentLines[] } {
  const lines = text.split('\n');
  const { items, within } = linesOf(text, parse);
  const kept: string[] = [];
  const comments: CommentLines[] = [];
  let run: string[] = [];
  let item = 0;
  const endRun = (before: ItemLine | null): void => {
    const taken = commentLines(run, before, items.slice(0, item));
    if (taken.lines.length > 0) comments.push(taken);
    run = [];
  };
  lines.forEach((line, place) => {
    if (/^\s*(?:#.*)?$/.test(line) && !within.has(place)) {
      run.push(line);
      return;
    }
    while (item < items.length && items[item].line < place) item++;
    const here = items.at(item);
    if (here?.line === place) endRun(here);
    // What stands before the end of a header, say, is the printer’s.
    else kept.push(...run.splice(0));
    kept.push(line);
  });
  item = items.length;
  endRun(null);
  return { bare: `${kept.join('\n')}\n`, comments };
}

/** The opposite, after the text was laid out anew. */
export function putBack(text: string, comments: readonly CommentLines[], parse: Parse): string {
  const lines = text.replace(/\n+$/, '').split('\n');
  const byPath = new Map(linesOf(text, parse).items.map((item) => [item.path, item]));
  for (const { before, lines: own } of [...comments].reverse()) {
    const place = before === null ? lines.length : (byPath.get(before)?.line ?? 0);
    const indented = own.map(({ text: comment, like }) => {
      const indent = like === null ? 0 : (byPath.get(like)?.indent ?? 0);
      return comment === '' ? '' : ' '.repeat(indent) + comment;
    });
    lines.splice(place, 0, ...indented);
  }
  return `${lines.join('\n')}\n`;
}

function commentLines(
  run: readonly string[],
  before: ItemLine | null,
  above: readonly ItemLine[],
): CommentLines {
  const trimmed = run.map((line) => ({ text: line.trim(), indent: indentOf(line) }));
  const isFirst = above.length === 0;
  const lines = trimmed.filter(({ text }, place) => {
    if (text !== '') return true;
    // Of blank lines one, and none at the file’s ends.
    const followed = trimmed.slice(place + 1).some((one) => one.text !== '') || before !== null;
    const leads = isFirst && trimmed.slice(0, place).every((one) => one.text === '');
    return followed && !leads && trimmed[place - 1]?.text !== '';
  });
  return {
    before: before?.path ?? null,
    lines: lines.map(({ text, indent }) => ({ text, like: alike(indent, before, above) })),
  };
}

/** A comment that is indented deeper than what follows belongs to what stands above. */
function alike(indent: number, before: ItemLine | null, above: readonly ItemLine[]): string | null {
  const next = before?.indent ?? 0;
  const nearest = indent > next ? above.findLast((item) => item.indent <= indent) : undefined;
  return nearest !== undefined && nearest.indent > next ? nearest.path : (before?.path ?? null);
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** Where items of blocks begin, and the lines within texts and braces, which are the printer’s. */
function linesOf(text: string, parse: Parse): { items: ItemLine[]; within: ReadonlySet<number> } {
  const counter = new LineCounter();
  counter.addNewLine(0);
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) counter.addNewLine(at + 1);
  const lineOf = (offset: number): number => counter.linePos(offset).line - 1;
  const rows = text.split('\n');
  const items = new Map<number, ItemLine>();
  const within = new Set<number>();
  const add = (offset: number | undefined, path: string): void => {
    if (offset === undefined) return;
    const line = lineOf(offset);
    if (!items.has(line)) items.set(line, { line, path, indent: indentOf(rows[line]) });
  };
  const walk = (node: unknown, path: string): void => {
    if (!isCollection(node) || node.flow === true) return;
    node.items.forEach((item, place) => {
      if (!isPair(item)) {
        add(dashOf(node, place), `${path}/${place}`);
        walk(item, `${path}/${place}`);
      } else if (isScalar(item.key)) {
        const below = `${path}/${JSON.stringify(item.key.value)}`;
        add(item.key.range?.[0], below);
        walk(item.value, below);
      }
    });
  };
  const document = parse(text);
  walk(document.contents, '');
  visit(document, {
    Node: (_key, node) => {
      const { range } = node;
      if (!range || (isCollection(node) && node.flow !== true)) return;
      for (let line = lineOf(range[0]) + 1; line <= lineOf(Math.max(range[0], range[1] - 1)); line++)
        within.add(line);
    },
  });
  return { items: [...items.values()].sort((a, b) => a.line - b.line), within };
}

/** Where the dash of a list’s item stands. */
function dashOf(node: unknown, place: number): number | undefined {
  const token = isCollection(node) && !isMap(node) ? node.srcToken : undefined;
  if (token?.type !== 'block-seq') return undefined;
  const dashes = token.items.flatMap(({ start }) => start.filter(({ type }) => type === 'seq-item-ind'));
  return dashes.at(place)?.offset;
}

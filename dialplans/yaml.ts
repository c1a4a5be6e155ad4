import {
  Composer,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  Parser,
  type CST,
  type Document,
  type ErrorCode,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { PlanError, sortProblems, type PlanProblem, type PlanProblemCode } from './errors.ts';
import { madeVisible, shorten } from './texts.ts';

/** Largest file that is parsed: 10,000 rules fit, and reading them takes some seconds (`checkAside`). */
export const maxFileBytes = 2 * 1024 * 1024;

/** Errors of the parser after which a file is refused without looking further: garbage yields one per byte. */
const maxSyntaxErrors = 20;
/** Uses of one anchor, transitively; what is above is an alias bomb. */
const maxAliasUses = 100;
/** `!!str`, `!!map` and `!!seq` say what is there anyhow; of other tags the parser warns, or makes other values. */
const plainTag = /^tag:yaml\.org,2002:(?:str|map|seq)$/;
/** Menus within menus, eight deep, have four levels each. */
const maxDepth = 50;

/** Nothing yet, a map key (its position is the key's), or a list index. */
export type NodePath = readonly PropertyKey[];

export interface Located {
  /** Plain data. Every scalar is its text: `0049` keeps its zeros, `off` and `no` stay words. */
  readonly value: unknown;
  /** A problem at the node that `path` leads to, or at the deepest one that exists on the way. */
  problemAt(path: NodePath, code: PlanProblemCode, message: string, remedy: string): PlanProblem;
  /** The same, at the key of that node. */
  problemAtKey(path: NodePath, code: PlanProblemCode, message: string, remedy: string): PlanProblem;
}

/** Reads one YAML file with positions. Throws `PlanError` and nothing else. */
export function readYaml(file: string, text: string): Located {
  const lines = new LineCounter();
  const at = (offset: number, code: PlanProblemCode, message: string, remedy: string): PlanProblem => {
    const { line, col } = lines.linePos(offset);
    // An empty file has no line of its own.
    const place = { file, line: Math.max(1, line), column: Math.max(1, col) };
    return { ...place, code, message: madeVisible(message), remedy: madeVisible(remedy) };
  };
  const bytes = Buffer.byteLength(text);
  if (bytes > maxFileBytes) {
    const message = `the file has ${bytes} bytes, more than ${maxFileBytes}`;
    throw new PlanError([at(0, 'PLAN_TOO_LARGE', message, 'Split it into several files.')]);
  }
  const document = parse(text, lines, at);
  refuseLostKeys(text, at);
  refuseOddities(document, at);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: maxAliasUses });
  } catch (error) {
    throw new PlanError([at(0, 'PLAN_YAML', 'aliases multiply beyond measure', 'Write the values out.')], {
      cause: error,
    });
  }
  return {
    value,
    problemAt: (path, ...rest) => at(offsetOf(document.contents, path, 'value'), ...rest),
    problemAtKey: (path, ...rest) => at(offsetOf(document.contents, path, 'key'), ...rest),
  };
}

type ProblemAtOffset = (
  offset: number,
  code: PlanProblemCode,
  message: string,
  remedy: string,
) => PlanProblem;

const yamlRemedy =
  'Mind indentation, colons and quotes; a value with ": " or a leading * or {, and ${…} within braces, need quotes.';

const notClosed = 'Something that was opened is not closed: a quote, a bracket or a brace.';
const remedies: Readonly<Partial<Record<ErrorCode, string>>> = {
  BAD_ALIAS: 'What begins with * needs quotes: "*".',
  BAD_DQ_ESCAPE: 'Use single quotes: within double quotes a backslash means something of its own.',
  BAD_INDENT: 'Keys of one mapping, and dashes of one list, begin in the same column.',
  TAB_AS_INDENT: 'Indent with spaces.',
};

/** `#: again` in a menu is no key but a comment, and the option would be lost without a word. */
function refuseLostKeys(text: string, at: ProblemAtOffset): void {
  const hash = /^[ \t]*#:(?=\s)/m.exec(text);
  if (hash === null) return;
  const offset = hash.index + hash[0].indexOf('#');
  const remedy = "Write the key # in quotes: '#'.";
  throw new PlanError([at(offset, 'PLAN_YAML', 'this is a comment, as it begins with #', remedy)]);
}

/** The first document of the text; the parser is stopped early on garbage. */
function parse(text: string, lines: LineCounter, at: ProblemAtOffset): Document.Parsed {
  // The failsafe schema leaves every scalar as text. Unique keys are checked in `refuseOddities`: the
  // parser's own check takes quadratic time.
  // In UTF-16 every second byte of ordinary text is zero.
  if (text.includes('\uFFFD') || /^.?\0/.test(text)) {
    throw new PlanError([at(0, 'PLAN_YAML', 'the file is not in UTF-8', 'Save it as UTF-8.')]);
  }
  if (/\r(?!\n)/.test(text)) {
    const message = 'a line ends with CR alone, which no YAML reader takes for its end';
    throw new PlanError([at(0, 'PLAN_YAML', message, 'Save the file with LF or CRLF line ends.')]);
  }
  const composer = new Composer({ schema: 'failsafe', prettyErrors: false, uniqueKeys: false });
  const parser = new Parser(lines.addNewLine);
  let documents: Document.Parsed[];
  try {
    documents = [
      ...composer.compose(stopOnGarbage(parser.parse(text)), true, text.length),
    ] as Document.Parsed[];
  } catch (error) {
    // The parser recurses, so that nesting beyond all sense ends in a RangeError.
    throw new PlanError([at(0, 'PLAN_YAML', 'the file can’t be parsed: it is nested too deep', yamlRemedy)], {
      cause: error,
    });
  }
  const document = documents.at(0);
  const second = documents.at(1);
  if (document === undefined) throw new PlanError([at(0, 'PLAN_YAML', 'the file is empty', yamlRemedy)]);
  const problems = firstOfEachLine(
    [...document.errors, ...document.warnings]
      .slice(0, maxSyntaxErrors)
      .map(({ code, message, pos }) => at(pos[0], 'PLAN_YAML', inWords(message), remedyFor(code, message))),
  );
  if (second !== undefined) {
    const offset = startOf(second.contents) ?? second.range[0];
    problems.push(at(offset, 'PLAN_YAML', 'a second document begins here', 'Use one file per plan.'));
  }
  if (problems.length > 0) throw new PlanError(problems);
  return document;
}

function remedyFor(code: ErrorCode, message: string): string {
  if (code === 'MISSING_CHAR') return /clos/i.test(message) ? notClosed : (remedies.BAD_INDENT ?? '');
  return remedies[code] ?? yamlRemedy;
}

/** What comes after a mistake in a line follows from it. */
function firstOfEachLine(problems: readonly PlanProblem[]): PlanProblem[] {
  const seen = new Set<number>();
  return sortProblems(problems).filter(({ line }) => !seen.has(line) && seen.add(line));
}

function* stopOnGarbage(tokens: Iterable<CST.Token>): Generator<CST.Token> {
  let errors = 0;
  for (const token of tokens) {
    if (token.type === 'error') errors++;
    if (errors > maxSyntaxErrors) return;
    yield token;
  }
}

/** Duplicate and odd keys, aliases that lead nowhere, tags, and depth that no plan needs. */
function refuseOddities(document: Document.Parsed, at: ProblemAtOffset): void {
  const problems: PlanProblem[] = [];
  const anchors = new Set<string>();
  const refuse = (node: unknown, message: string, remedy: string): void => {
    problems.push(at(startOf(node) ?? 0, 'PLAN_YAML', message, remedy));
  };
  const visit = (node: unknown, depth: number): void => {
    if (isAlias(node) && !anchors.has(node.source)) {
      // An anchor counts from its value's end on, so that nothing holds itself.
      refuse(node, `"*${shorten(node.source)}" refers to nothing above it`, remedies.BAD_ALIAS ?? '');
    }
    if (!isNode(node) || isAlias(node)) return;
    if (node.tag !== undefined && !plainTag.test(node.tag)) {
      refuse(node, `the tag "${shorten(node.tag)}" means nothing here`, 'Leave it out: every value is text.');
    }
    if (isCollection(node)) visitItems(node, depth);
    if (node.anchor !== undefined) anchors.add(node.anchor);
  };
  const visitItems = (node: YAMLMap | YAMLSeq, depth: number): void => {
    if (depth > maxDepth) {
      refuse(node, 'the file is nested too deep', yamlRemedy);
      return;
    }
    const seen = new Set<string>();
    for (const item of node.items) {
      if (problems.length >= maxSyntaxErrors) return;
      if (isPair(item)) {
        const wrong = keyProblem(item.key, seen);
        if (wrong !== null) refuse(isNode(item.key) ? item.key : node, ...wrong);
      }
      visit(isPair(item) ? item.value : item, depth + 1);
    }
  };
  visit(document.contents, 0);
  if (problems.length > 0) throw new PlanError(problems);
}

function keyProblem(key: unknown, seen: Set<string>): [message: string, remedy: string] | null {
  if (!isScalar(key) || typeof key.value !== 'string') {
    return ['a key must be plain text', 'What begins with *, {, [ or & needs quotes: "*".'];
  }
  // The one key that plain objects can't hold.
  if (key.value === '__proto__') return ['the key "__proto__" is not allowed', 'Choose another name.'];
  if (key.value === '<<') return ['values are not merged (<<)', 'Write the keys out.'];
  if (seen.has(key.value)) {
    return [`the key "${shorten(key.value)}" stands here twice`, 'Keep one of them.'];
  }
  seen.add(key.value);
  return null;
}

function startOf(node: unknown): number | null {
  return isNode(node) ? (node.range?.[0] ?? null) : null;
}

function offsetOf(root: unknown, path: NodePath, want: 'key' | 'value'): number {
  let node = root;
  let offset = startOf(root) ?? 0;
  for (const [depth, step] of path.entries()) {
    let key: unknown = null;
    if (isMap(node) && typeof step !== 'number') {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === step);
      if (pair === undefined) return offset;
      key = pair.key;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items.at(step);
      // One value may stand for a list of one.
    } else if (typeof step === 'number') continue;
    else return offset;
    const ofKey = startOf(key);
    offset = (want === 'key' && depth === path.length - 1 ? ofKey : null) ?? startOf(node) ?? ofKey ?? offset;
  }
  return offset;
}

/** The parser recurses, and says so when it comes to its end. */
function inWords(message: string): string {
  if (message.includes('call stack')) return 'the file is nested too deep';
  return message.slice(0, 1).toLowerCase() + message.slice(1);
}

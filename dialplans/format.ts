import { isDeepStrictEqual } from 'node:util';
import { Lexer, parseDocument, visit, type Document, type ScalarTag } from 'yaml';
import { stringifyString } from 'yaml/util';
import { PlanError } from './errors.ts';
import { putBack, takeOut } from './format-comments.ts';
import { readYaml } from './yaml.ts';

/**
 * A plan's text in the usual layout: indents of two, blanks within braces, what is too long for a line one below the
 * other. Order, quotes and comments stay, of blank lines one; line ends become LF. Idempotent. Throws `PlanError` for
 * what is no YAML.
 */
export function formatPlan(name: string, text: string): string {
  readYaml(name, text);
  const formatted = layOut(text);
  // What the printer makes something else of, or goes on changing, is left alone.
  return formatted !== null && layOut(formatted) === formatted ? formatted : text;
}

/** Null: the layout would change what is said. */
function layOut(text: string): string | null {
  const source = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  // Comments alone are no plan yet.
  if (parse(source).contents === null) return null;
  const { bare, comments } = takeOut(source, parse);
  const document = parse(bare);
  if (document.errors.length > 0) return null;
  const printed = laidOut(document);
  if (printed === null) return null;
  const formatted = putBack(printed, comments, parse);
  const same = isDeepStrictEqual(valueOf(formatted), valueOf(source));
  return same && isDeepStrictEqual(commentsOf(formatted), commentsOf(source)) ? formatted : null;
}

/** Undefined: it is none of ours. */
function valueOf(text: string): unknown {
  try {
    return readYaml('', text).value;
  } catch (error) {
    if (error instanceof PlanError) return undefined;
    throw error;
  }
}

/** Texts are never folded: one that goes on in the next line is hard to read and to search. */
const unfolded: ScalarTag = {
  tag: 'tag:yaml.org,2002:str',
  default: true,
  identify: (value) => typeof value === 'string',
  resolve: (text) => text,
  stringify: (item, context, ...rest) =>
    stringifyString(item, { ...context, options: { ...context.options, lineWidth: 0 } }, ...rest),
};

function parse(text: string): Document.Parsed {
  return parseDocument(text, {
    schema: 'failsafe',
    customTags: (tags) =>
      tags.map((tag) => (typeof tag === 'object' && tag.tag === unfolded.tag ? unfolded : tag)),
    keepSourceTokens: true,
    uniqueKeys: false,
  });
}

/** Null: the printer refuses some of what the parser takes, such as a key of nothing. */
function laidOut(document: Document.Parsed): string | null {
  const options = { indent: 2, lineWidth: 110, flowCollectionPadding: true, trailingComma: true };
  try {
    return withoutPaddingOfLists(document.toString(options));
  } catch {
    return null;
  }
}

/** `[a, b]`, but `{ a: b }`. */
function withoutPaddingOfLists(text: string): string {
  const blanks = new Set<number>();
  visit(parse(text), {
    Seq: (_key, { flow, range }) => {
      if (flow !== true || !range) return;
      for (const at of [range[0] + 1, range[1] - 2])
        if (text[at] === ' ' && text[at - 1] !== '\n') blanks.add(at);
    },
  });
  return Array.from({ length: text.length }, (_, at) => (blanks.has(at) ? '' : text[at])).join('');
}

/** In their order. */
export function commentsOf(text: string): readonly string[] {
  const comments: string[] = [];
  let before = '';
  for (const token of new Lexer().lex(text)) {
    // A mark stands before a text, which may begin with # as well.
    if (token.startsWith('#') && before !== '\u001f') comments.push(token.trimEnd());
    before = token;
  }
  return comments;
}

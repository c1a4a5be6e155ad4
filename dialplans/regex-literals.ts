/** What is certain of every match of a regular expression, read off its text. Nothing here is said by mistake. */

/** Longer fixed texts tell no more rules apart. */
const maxPrefix = 24;
const maxAlternatives = 16;

/**
 * Folded texts with one of which every match of a regex begins, when it is folded; `['']`: nothing is known. Reads
 * plain characters, escaped punctuation, groups and alternatives, and stops at all else, so that what it says is
 * always true.
 */
export function literalPrefixes(source: string): readonly string[] {
  const [flags = ''] = /^\(\?[is]+\)/.exec(source) ?? [];
  const pattern = source.slice(flags.length);
  const alternatives = pattern.split('|');
  // A bar within a group or a class is none of the whole.
  if (alternatives.length > maxAlternatives || (alternatives.length > 1 && /[\\[(]/.test(pattern)))
    return [''];
  const prefixes = new Set(alternatives.map((one) => literalPrefix(one, flags.includes('i'))));
  return prefixes.has('') ? [''] : [...prefixes];
}

const plain = /^(?:[A-Za-z0-9 _@:%&=~,;<>#'"!/-]|\\[.+*?()[\]{}|^$\\/-])/;
const edge = /^(?:\^|\)|\((?:\?P?<[A-Za-z_]\w*>|\?:|(?!\?)))/;

function literalPrefix(pattern: string, ignoresCase: boolean): string {
  // What stands in a group that may be left out is no promise.
  const hasOptionalGroup = /\)[*?{]/.test(pattern);
  let prefix = '';
  let rest = pattern;
  while (prefix.length < maxPrefix) {
    const mark = hasOptionalGroup ? null : edge.exec(rest);
    if (mark !== null) {
      rest = rest.slice(mark[0].length);
      if (rest.startsWith('+')) break;
      continue;
    }
    const [token] = plain.exec(rest) ?? [];
    if (token === undefined) break;
    rest = rest.slice(token.length);
    const character = token.slice(-1).toLowerCase();
    // Without regard to case s is ſ too, whose small letter is not s.
    if (/^[*?{]/.test(rest) || (ignoresCase && character === 's')) break;
    prefix += character;
    if (rest.startsWith('+')) break;
  }
  return prefix;
}

/** One token: a class, an escape, a group's bracket, a repeat, or one character. */
const token = /\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*\]|\\[\s\S]|\{\d+(?:,\d*)?\}|[\s\S]/gu;
/** Escapes that take nothing after them. */
const simpleEscape = /^\\[dDwWsSbBAzntrfv]$/;
const escapedSign = /^\\[^A-Za-z0-9]$/;

/**
 * The longest folded text that every match of a regex has in it, when it is folded; empty: nothing is known. Groups
 * count for nothing, but for where they are; so does a regex with alternatives outside of them.
 */
export function requiredText(source: string): string {
  const ignoresCase = /\(\?[a-zA-Z]*i/.test(source);
  const tokens = source.match(token) ?? [];
  let [best, run, depth] = ['', '', 0];
  const end = (): void => {
    if (run.length > best.length) best = run;
    run = '';
  };
  for (const [place, one] of tokens.entries()) {
    if (one === '(') depth++;
    else if (one === ')') depth--;
    else if (one === '|' && depth === 0) return '';
    else if (one.startsWith('\\') && !simpleEscape.test(one) && !escapedSign.test(one)) {
      // What it takes after it is not known, and an alternative may be to come.
      end();
      return source.includes('|') ? '' : best;
    }
    const character = escapedSign.test(one) ? one.slice(1) : one;
    const next = tokens[place + 1] ?? '';
    const isFixed =
      depth === 0 &&
      /^[\x20-\x7e]$/.test(character) &&
      (one !== character || /^[A-Za-z0-9 _@:%&=~,;<>#'"!/-]$/.test(character)) &&
      // Without regard to case s is ſ too, and k the sign of Kelvin.
      !(ignoresCase && /[sk]/i.test(character));
    if (!isFixed || /^[*?{]/.test(next)) end();
    else {
      run += character.toLowerCase();
      if (next === '+') end();
    }
  }
  end();
  return best;
}

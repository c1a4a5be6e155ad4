import { RE2JS } from 're2js';

/** Steps of a compiled regex; what is above would cost each call milliseconds. */
const maxRegexProgram = 2000;

export interface CompiledRegex {
  readonly regex: RE2JS;
  readonly groups: readonly string[];
  /** Its program's steps: what it costs in memory and, as a bound, per character. */
  readonly cost: number;
}

/** Compiles an RE2 regex (linear time); a text says what is wrong with it. */
export function compileRegex(source: string): CompiledRegex | string {
  if (/^\/.*\/[a-z]*$/s.test(source)) return 'has slashes around it, which would have to match too';
  let regex: RE2JS;
  try {
    regex = RE2JS.compile(source);
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error);
    return `is no RE2 regex: ${why}`;
  }
  const cost = regex.programSize();
  if (cost > maxRegexProgram) return `is too large: ${cost} steps, more than ${maxRegexProgram}`;
  return { regex, groups: Object.keys(regex.namedGroups()), cost };
}

/** What to do about a regex that is refused. */
export function regexRemedy(source: string): string {
  if (/\(\?<?[=!]/.test(source))
    return 'RE2 looks neither ahead nor behind: let an earlier rule take what is to be left out.';
  if (/\\[1-9]/.test(source)) return 'RE2 knows no backreferences: write out what is to come again.';
  if (source.startsWith('/')) return `Write '${source.replace(/^\/|\/[a-z]*$/g, '')}'.`;
  return 'See https://github.com/google/re2/wiki/Syntax; the whole text must match.';
}

/** As a part of a regex that matches just this text. */
export function quoted(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

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

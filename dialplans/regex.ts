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

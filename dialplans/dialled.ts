import { isIP } from 'node:net';

/** What is wrong with a text that stands for what is dialled, and what to do. */
export type DialledProblem = readonly [message: string, remedy: string];

/**
 * Texts that no call is dialled with, since they are written as another system writes patterns, or as people write
 * numbers on paper. They would match nothing, without a word. Null: nothing is wrong.
 */
export function dialledProblem(text: string): DialledProblem | null {
  if (text.includes('@')) {
    const message = `"${text}" can’t match: what is dialled is looked at without its host`;
    return [
      message,
      `Write ${text.split('@', 1)[0] || 'the part before the @'}, or ask for calledUri: sip:…@….`,
    ];
  }
  if (asteriskPattern.test(text)) return pattern(text, 'an Asterisk pattern', regexOf(text.slice(1)));
  if (ciscoPattern.test(text)) return pattern(text, 'a pattern of a call manager', regexOf(text));
  if (regexPieces.test(text)) return pattern(text, 'a regular expression', text);
  if (/^\+\d+\*$/.test(text)) {
    return [`"${text}" has a * that stands for itself`, `Write { prefix: '${text.slice(0, -1)}' }.`];
  }
  return writtenOnPaper(text);
}

/** `_9NXXXXXX`: begins with an underscore, and has a letter or mark that stands for others. */
const asteriskPattern = /^_(?=.*[XZNxzn.!\]])\+?[\d*#XZNxzn.![\]-]+$/;
/** `9.1XXXXXXX`, `[2-5]XXX`, `\+!`: an X alone may be a name’s. */
const ciscoPattern = /^(?=.*(?:XX|\]X|[!@]$))\\?\+?[\dX*#.[\]^-]+[!@]?$|^\\\+!$/;
const regexPieces = /\\[dw+.]|^\^|\$$|\(\?|\.[*+]|\[\d-\d\]/;

function pattern(text: string, what: string, regex: string): DialledProblem {
  const message = `"${text}" is written as ${what}, and takes calls to just that text`;
  return [message, `Write { regex: '${regex}' }.`];
}

function regexOf(text: string): string {
  const letters: Readonly<Partial<Record<string, string>>> = {
    X: String.raw`\d`,
    Z: '[1-9]',
    N: '[2-9]',
    '.': '.+',
    '!': '.*',
    '*': String.raw`\*`,
    '+': String.raw`\+`,
    '@': '.+',
  };
  // A dot of a call manager parts the access code from the number; dialled it is not.
  const dot = text.includes('X') && /^\d+\./.test(text) ? '' : '.+';
  return text
    .replace(/^\\\+/, '+')
    .replace(/\[[^\]]*\]|[\s\S]/g, (piece) =>
      piece === '.' ? dot : (letters[piece.toUpperCase()] ?? piece),
    );
}

/** Five digits at least: shorter texts with a dash or a dot may be names. */
function writtenOnPaper(text: string): DialledProblem | null {
  const digits = text.replace(/[\p{Zs}\-.()/]/gu, '');
  const count = digits.match(/\p{Nd}/gu)?.length ?? 0;
  if (count < 5 || digits === text || isIP(text) !== 0) {
    const foreign = count >= 5 && /^\+?\p{Nd}+$/u.test(text) && !/^\+?\d+$/.test(text);
    return foreign
      ? [`"${text}" has digits that no telephone sends`, 'Write it with the digits 0 to 9.']
      : null;
  }
  if (!/^\+?\d+$/.test(digits)) return null;
  const message = `"${text}" only takes calls that are dialled with just these blanks and marks`;
  const international = /^(?:\+|00)([1-9]\d{6,14})$/.exec(digits)?.[1];
  return [
    message,
    international === undefined
      ? `Write ${digits}.`
      : `Write { e164: '+${international}' }: that number, however it is written.`,
  ];
}

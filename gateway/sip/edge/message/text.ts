/** Small pieces of RFC 3261 §25.1 that every header shares. One pass each, no backtracking. */

const tokenPattern = /^[\w\-.!%*+`'~]+$/;

export function isToken(text: string): boolean {
  return tokenPattern.test(text);
}

export function isDigits(text: string): boolean {
  return /^\d+$/.test(text);
}

/** A decimal number of at most `max`; undefined for anything else. Leading zeros are fine (RFC 4475 §3.1.1.1). */
export function parseNumber(text: string, max: number): number | undefined {
  if (!isDigits(text)) return undefined;
  const number = Number(text);
  return number <= max ? number : undefined;
}

/** Space, tab, and what is left of line ends; never `String.trim`, which also takes a byte order mark away. */
function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a;
}

export function trimBlank(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** Control characters, blanks, and what ends a URI wherever it stands: never part of one. */
export function hasUriBreaker(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code <= 0x20 || code === 0x7f || code === 0x22 || code === 0x3c || code === 0x3e) return true;
  }
  return false;
}

/** Index just after the quoted string that begins at `start`; -1: it never ends. */
export function endOfQuoted(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    const char = text[index];
    if (char === '\\') index += 1;
    else if (char === '"') return index + 1;
  }
  return -1;
}

/**
 * Splits at a separator that stands outside quotes and angle brackets; parts are trimmed, empty ones kept.
 * A quote or bracket that never closes takes the rest.
 */
export function splitOutside(text: string, separator: ',' | ';'): string[] {
  const parts: string[] = [];
  let partStart = 0;
  let index = 0;
  while (index < text.length) {
    const char = text[index];
    if (char === '"') {
      const end = endOfQuoted(text, index);
      index = end < 0 ? text.length : end;
    } else if (char === '<') {
      const end = text.indexOf('>', index);
      index = end < 0 ? text.length : end + 1;
    } else {
      if (char === separator) {
        parts.push(trimBlank(text.slice(partStart, index)));
        partStart = index + 1;
      }
      index += 1;
    }
  }
  parts.push(trimBlank(text.slice(partStart)));
  return parts;
}

/** `"a \"b\""` → `a "b"`; text without quotes stays as it is. */
export function unquote(text: string): string {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return text;
  return text.slice(1, -1).replace(/\\(.)/gs, '$1');
}

export function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** Header or URI parameters: lower-case name → value as sent (quotes kept); a flag has the value `''`. */
export type Params = ReadonlyMap<string, string>;

/** `;a=1;b` in parts → a map; undefined when a part is no parameter. Of equal names the first counts. */
export function parseParams(parts: readonly string[]): Map<string, string> | undefined {
  const params = new Map<string, string>();
  for (const part of parts) {
    const equals = part.indexOf('=');
    const name = trimBlank(equals < 0 ? part : part.slice(0, equals)).toLowerCase();
    const value = equals < 0 ? '' : trimBlank(part.slice(equals + 1));
    if (name === '' || hasUriBreaker(name) || !isParamValue(value)) return undefined;
    if (!params.has(name)) params.set(name, value);
  }
  return params;
}

function isParamValue(value: string): boolean {
  if (value.startsWith('"')) return endOfQuoted(value, 0) === value.length;
  return !hasUriBreaker(value);
}

export function formatParams(params: Params): string {
  let text = '';
  for (const [name, value] of params) text += value === '' ? `;${name}` : `;${name}=${value}`;
  return text;
}

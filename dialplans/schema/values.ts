import { z } from 'zod';

/**
 * The small values of a plan. Every scalar arrives as its text (see `readYaml`), so numbers and switches are
 * parsed from text here; `meta` says what they are to an editor, which reads YAML with its usual types.
 */

/** Text in one line. */
export function text(max: number) {
  return z
    .string('must be text')
    .min(1, 'must not be empty')
    .max(max, `must have at most ${max} characters`)
    .regex(/^\P{Cc}*$/u, 'must not hold control characters')
    .meta({ type: ['string', 'number'], pattern: undefined });
}

/** Names of trunks, tenants and the like: short and plain, since they go into paths, logs and databases. */
export const plainName = z
  .string('must be text')
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1–64 letters, digits, dots, dashes or underscores')
  .meta({ type: ['string', 'number'] });

export const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'must be letters, digits and underscores, no digit first');

export function words<const T extends readonly [string, ...string[]]>(...options: T) {
  return z.enum(options, `must be one of: ${options.join(', ')}`);
}

export const yesNo = words('true', 'false')
  .transform((value) => value === 'true')
  .meta({ type: 'boolean', enum: undefined });

export function wholeNumber(min: number, max: number) {
  const expected = `must be a whole number from ${min} to ${max}`;
  return z
    .string(expected)
    .regex(/^\d{1,9}$/, expected)
    .transform(Number)
    .refine((value) => value >= min && value <= max, expected)
    .meta({ type: 'integer', minimum: min, maximum: max, pattern: undefined });
}

/** A list, or one value that stands for a list of one. */
export function oneOrMore<T extends z.ZodType>(value: T, expected: string, max = 1000) {
  return z
    .preprocess((given): unknown => (Array.isArray(given) ? given : [given]), listOf(value, expected, max))
    .meta({ shorthand: 'item' });
}

export function listOf<T extends z.ZodType>(value: T, expected: string, max = 1000) {
  return z.array(value, expected).min(1, 'must not be an empty list').max(max, `must list at most ${max}`);
}

/** A mapping that names its keys when it meets an unknown one; `expected` says what else it may be. */
export function mapping<T extends z.ZodRawShape>(shape: T, expected = 'must be a mapping (key: value)') {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `Known keys here: ${Object.keys(shape).join(', ') || 'none'}.`
        : expected,
  });
}

/** A mapping of which exactly one key may be there. */
export function choice<T extends z.ZodRawShape>(shape: T, expected?: string, more: readonly string[] = []) {
  const oneOf = `must have one of: ${[...Object.keys(shape), ...more].join(', ')}`;
  return mapping(shape, expected ?? oneOf)
    .refine((value) => Object.keys(value).length === 1, oneOf)
    .meta({ minProperties: 1, maxProperties: 1 });
}

/** BCP 47, as far as it is asked for: `de`, `de-AT`, `zh-Hant-TW`. */
export const languageTag = z
  .string('must be a language')
  .regex(/^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,4}$/, 'must be a language such as de or de-AT');

/** `Europe/Berlin` */
export const timeZone = z
  .string('must be a time zone')
  .refine(isTimeZone, 'must be a time zone such as Europe/Berlin');

function isTimeZone(name: string): boolean {
  // Offsets such as +01:00 are none: they know no summer time.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

export const e164Number = z
  .string('must be text')
  .regex(/^\+[1-9]\d{6,14}$/, 'must be a number in international form, such as +4930901820');

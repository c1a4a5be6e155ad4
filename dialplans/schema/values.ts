import { z } from 'zod';
import { didYouMean } from '../nearest.ts';
import { codePointOf, plainText } from '../texts.ts';

/**
 * The small values of a plan. Every scalar arrives as its text (see `readYaml`), so numbers and switches are
 * parsed from text here; `meta` says what they are to an editor, which reads YAML with its usual types.
 *
 * A message says what a value must be; what is to be done about it may follow in a second line (`withRemedy`), when the
 * value tells.
 */

/** A message for each value: `reason`, and the remedy that `remedyFor` knows for it, if any. */
export function withRemedy(reason: string, remedyFor: (given: string) => string | null) {
  return {
    error: ({ input }: { readonly input?: unknown }): string => {
      if (typeof input !== 'string') return reason;
      const remedy = input === '' ? 'Give it a value; what has a # in it needs quotes.' : remedyFor(input);
      return remedy === null || remedy === '' ? reason : `${reason}\n${remedy}`;
    },
  };
}

/** Text in one line. */
export function text(max: number) {
  return z
    .string('must be text')
    .min(
      1,
      withRemedy('must not be empty', () => null),
    )
    .max(max, `must have at most ${max} characters`)
    .regex(
      plainText,
      withRemedy('must not hold characters that can’t be seen', (given) => {
        const found = Array.from(given).find((character) => !plainText.test(character)) ?? '';
        return `Take ${codePointOf(found)} out: type it anew instead of pasting it.`;
      }),
    )
    .meta({ type: ['string', 'number'], pattern: undefined });
}

/** Names of trunks, tenants and the like: short and plain, since they go into paths, logs and databases. */
export const plainName = z
  .string('must be text')
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    withRemedy('must be 1–64 letters, digits, dots, dashes or underscores', (given) => {
      const plain = given
        .trim()
        .replace(/[^A-Za-z0-9._-]+/g, '-')
        .replace(/^[._-]+|[._-]+$/g, '');
      return plain === '' ? null : `Write ${plain.slice(0, 64)}.`;
    }),
  )
  .meta({ type: ['string', 'number'] });

export const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'must be letters, digits and underscores, no digit first');

export function words<const T extends readonly [string, ...string[]]>(...options: T) {
  return z.enum(
    options,
    withRemedy(`must be one of: ${options.join(', ')}`, (given) => didYouMean(given, options).trim()),
  );
}

export const yesNo = z
  .enum(
    ['true', 'false'],
    withRemedy('must be true or false', (given) => {
      if (/^(?:yes|y|on|1|true)$/i.test(given)) return 'Write true.';
      return /^(?:no|n|off|0|false)$/i.test(given) ? 'Write false.' : null;
    }),
  )
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
  return z
    .array(
      value,
      withRemedy(expected, (given) => `Write it in brackets: [${given}].`),
    )
    .min(1, 'must not be an empty list')
    .max(max, `must list at most ${max}`);
}

/** A list of mappings; what is wanted is said of what is there instead. */
export function listOfMappings<T extends z.ZodType>(value: T, expected: string) {
  return z.array(value, {
    error: ({ input }) =>
      typeof input === 'object'
        ? `${expected}\nPut a dash before the first key of each: "- name: …".`
        : `${expected}\nPut each in a line of its own below it, with a dash before it.`,
  });
}

/** A mapping that names its keys when it meets an unknown one; `expected` says what else it may be. */
export function mapping<T extends z.ZodRawShape>(shape: T, expected = 'must be a mapping (key: value)') {
  return z.strictObject(shape, {
    error: ({ code, input }) => {
      const keys = Object.keys(shape).join(', ');
      // Of unknown keys the message is the known ones: which was meant is said of each.
      if (code === 'unrecognized_keys') return keys;
      if (input === undefined) return expected;
      return `${expected}\n${mappingRemedy(input, Object.keys(shape))}`;
    },
  });
}

/** What to do about a value that is no mapping. */
function mappingRemedy(given: unknown, keys: readonly string[]): string {
  if (given === '') return 'There is nothing: write {} if that is meant, or indent what belongs to it.';
  if (typeof given !== 'string') return `Keys here: ${keys.join(', ')}.`;
  return keys.includes(given)
    ? `Write { ${given}: { … } }.`
    : didYouMean(given, keys).trim() || `Keys here: ${keys.join(', ')}.`;
}

/** A mapping of which exactly one key may be there. */
export function choice<T extends z.ZodRawShape>(shape: T, expected?: string) {
  const keys = Object.keys(shape);
  const oneOf = `must have one of: ${keys.join(', ')}`;
  return mapping(shape, expected ?? oneOf)
    .refine((value) => Object.keys(value).length === 1, {
      error: ({ input }) => {
        const given = Object.keys(input as object);
        return given.length === 0 ? oneOf : `can’t be ${given.join(' and ')} at once\nKeep one of them.`;
      },
      when: isSound,
    })
    .meta({ minProperties: 1, maxProperties: 1 });
}

/** For what is asked of a whole: while something in it is wrong, it says nothing new. */
export function isSound({ issues }: { readonly issues: readonly unknown[] }): boolean {
  return issues.length === 0;
}

/** BCP 47, as far as it is asked for: `de`, `de-AT`, `zh-Hant-TW`. */
export const languageTag = z.string('must be a language').regex(
  /^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,4}$/,
  withRemedy('must be a language such as de or de-AT', (given) =>
    given.includes('_') ? `Write ${given.replaceAll('_', '-')}.` : null,
  ),
);

/** `Europe/Berlin` */
export const timeZone = z.string('must be a time zone').refine(
  isTimeZone,
  withRemedy('must be a time zone such as Europe/Berlin', (given) => {
    if (/^[+-]?\d|^(?:GMT|UTC)[+-]/.test(given)) return 'Name a place: an offset knows no summer time.';
    return didYouMean(given, Intl.supportedValuesOf('timeZone')).trim();
  }),
);

function isTimeZone(name: string): boolean {
  // Offsets such as +01:00 are none: they know no summer time.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

export const e164Number = z.string('must be text').regex(
  /^\+[1-9]\d{6,14}$/,
  withRemedy('must be a number in international form, such as +4930901820', (given) => {
    const digits = given.replace(/[-.()/ ]/g, '').replace(/^00|^\+/, '');
    return /^[1-9]\d{6,14}$/.test(digits)
      ? `Write +${digits}.`
      : 'Begin it with + and the country’s code, without the 0 of national numbers.';
  }),
);

import { z } from 'zod';
import { choice, isSound, mapping, text, wholeNumber, withRemedy } from './values.ts';

export const countryCode = z.string('must be a country').regex(
  /^[A-Z]{2}$/,
  withRemedy('must be a country of two capital letters, such as DE', (given) =>
    /^[A-Za-z]{2}$/.test(given) ? `Write ${given.toUpperCase()}.` : null,
  ),
);

const shape = {
  strip: wholeNumber(1, 64).optional().describe('takes away so many characters at the beginning'),
  add: text(64).optional().describe('puts this before it'),
  rewrite: mapping({
    regex: text(512).describe('RE2; the whole number must match, else it stays as it is'),
    to: text(256).describe('the new number, with ${group}'),
  }).optional(),
  e164: countryCode
    .optional()
    .describe('makes a number dialled in this country international; what is none stays as it is'),
};

const expected = 'must have one of: strip, add, rewrite, e164';

/** One after the other: `{ strip: 1, add: '+49' }` is short for `[{ strip: 1 }, { add: '+49' }]`. */
const steps = z
  .preprocess(
    (value) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
      const inOrder = [...Object.keys(shape), ...Object.keys(value)];
      return [...new Set(inOrder)]
        .filter((key) => Object.hasOwn(value, key))
        .map((key) => ({ [key]: (value as Record<string, unknown>)[key] }));
    },
    z
      .array(choice(shape), `${expected}, or be a list of them`)
      .min(1, expected)
      .max(16, 'must have at most 16 steps'),
  )
  .meta({ id: 'TransformSteps', shorthand: 'steps' });

export const transform = mapping({
  called: steps.optional().describe('what becomes of the called number'),
  calling: steps.optional().describe('what becomes of the calling number'),
})
  .refine((value) => Object.keys(value).length > 0, {
    error: 'must name called, calling or both',
    when: isSound,
  })
  .meta({ id: 'Transform' });

export type TransformSource = z.infer<typeof transform>;
export type StepSource = NonNullable<TransformSource['called']>[number];

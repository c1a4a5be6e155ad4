import { z } from 'zod';
import type { Expected } from '../plans/desk.ts';
import { PreconditionMissing } from '../plans/errors.ts';

/** Who changes something; one token is for all, so clients name their people themselves. */
export const adminHeaders = z.looseObject({
  'x-admin': z
    .string()
    .trim()
    .regex(/^[^\p{Cc}]{1,64}$/u, 'must be 1–64 characters')
    .optional()
    .describe('who does it, for the history and the audit log; left out: admin'),
});

/** RFC 9110 §13.1.1: without it two admins would write over each other. */
export const changeHeaders = adminHeaders.extend({
  'if-match': z
    .string()
    .max(1024)
    .optional()
    .describe('the ETag that the change is made for, such as "v3"; * for any version'),
});

/** RFC 9110 §13.1.2, for what is not there yet. */
export const putHeaders = changeHeaders.extend({
  'if-none-match': z.literal('*').optional().describe('* for a new one'),
});

export function adminOf(headers: z.infer<typeof adminHeaders>): string {
  return headers['x-admin'] ?? 'admin';
}

/** Throws `PreconditionMissing`. */
export function expectedOf(headers: {
  readonly 'if-match'?: string | undefined;
  readonly 'if-none-match'?: string | undefined;
}): Expected {
  if (headers['if-none-match'] === '*' && headers['if-match'] === undefined) return 'new';
  const etags = (headers['if-match'] ?? '')
    .split(',')
    .map((one) => one.trim().replace(/^"(.*)"$/, '$1'))
    .filter((one) => one !== '');
  if (etags.length === 0) throw new PreconditionMissing();
  return { etags };
}

export const note = z.string().trim().max(500).nullish().describe('why, for the history');

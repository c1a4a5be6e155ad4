import { z } from 'zod';
import { endReasons } from '../reasons.ts';

const momentLike = (example: string) =>
  z.iso
    .datetime({ offset: true })
    .meta({ examples: [example] })
    .transform((text) => new Date(text).toISOString())
    .optional();
const text = z.string().min(1).max(256);

/** Which past calls are meant: parameters of a query. */
export const callFilter = {
  from: momentLike('2026-11-30T00:00:00+01:00').describe('calls that ended then or later'),
  to: momentLike('2026-12-01T00:00:00+01:00').describe('calls that ended before'),
  tenant: text.optional().meta({ examples: ['acme'] }),
  number: text
    .optional()
    .meta({ description: 'of the caller or who was called, as it came', examples: ['+49170111222'] }),
  room: text.optional().meta({ examples: ['board'] }),
  reason: z
    .enum(endReasons)
    .optional()
    .meta({ description: 'why they ended', examples: [endReasons[0]] }),
  rule: text.optional().meta({ description: 'of the dial plan, which decided', examples: ['meetings'] }),
};

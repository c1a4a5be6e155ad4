import { z } from 'zod';
import { endReasons } from '../reasons.ts';

const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());
const text = z.string().min(1).max(256);

/** Which past calls are meant: parameters of a query. */
export const callFilter = {
  from: moment.optional().describe('calls that ended then or later'),
  to: moment.optional().describe('calls that ended before'),
  tenant: text.optional(),
  number: text.optional().describe('of the caller or who was called, as it came'),
  room: text.optional(),
  reason: z.enum(endReasons).optional().describe('why they ended'),
  rule: text.optional().describe('of the dial plan, which decided'),
};

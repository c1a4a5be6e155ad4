import { z } from 'zod';
import { wordsOfTrace } from '../plans/words.ts';
import type { CallRecord } from '../ports.ts';
import { reasonText } from '../reasons.ts';
import type { HttpServerOptions, Plugin } from './context.ts';
import { callFilter } from './call-filter.ts';
import { HttpProblem, problemResponses } from './problems.ts';
import { anyId, callRecord, trace } from './schemas.ts';

const tags = ['records'];
const shown = callRecord.extend({ endText: z.string().describe('the reason, for people') });

/** Past calls: looked for page by page, and one with its explanation. */
export function callRecordRoutes({ records }: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    app.get(
      '/calls/records',
      {
        schema: {
          tags,
          summary: 'Past calls that fit, the latest first',
          querystring: z.strictObject({
            ...callFilter,
            limit: z.coerce.number().int().min(1).max(1000).default(100),
            cursor: z
              .string()
              .max(512)
              .refine((cursor) => readCursor(cursor) !== null, 'must be "next" of the page before')
              .optional()
              .describe('"next" of the page before'),
          }),
          response: {
            200: z.object({
              calls: z.array(shown),
              next: z.string().nullable().describe('for "cursor" of the next page; null: this is the last'),
            }),
            ...problemResponses,
          },
        },
      },
      async ({ query: { limit, cursor, ...wanted } }) => {
        const after = cursor === undefined ? undefined : (readCursor(cursor) ?? undefined);
        const found = await records.findCalls({ ...wanted, after, limit: limit + 1 });
        const calls = found.slice(0, limit);
        return {
          calls: calls.map((call) => show(call)),
          next: found.length > limit ? cursorOf(calls.at(-1)) : null,
        };
      },
    );
    app.get(
      '/calls/records/:id',
      {
        schema: {
          tags,
          summary: 'One past call, with what its caller heard and why it went where it went',
          params: anyId,
          response: {
            200: shown.extend({ words: z.array(z.string()).describe('the dial plan’s trace in sentences') }),
            ...problemResponses,
          },
        },
      },
      async (request) => {
        const found = await records.getCall(request.params.id);
        if (found === null) throw new HttpProblem('RECORD_NOT_FOUND');
        const traced = trace.safeParse(found.trace);
        return { ...show(found), words: traced.success ? wordsOfTrace(traced.data, found.rule) : [] };
      },
    );
    done();
  };
}

function show(record: CallRecord): z.infer<typeof shown> {
  return { ...record, steps: [...record.steps], endText: reasonText[record.endReason] };
}

const cursorSchema = z.tuple([z.iso.datetime(), z.string()]);

function cursorOf(record: CallRecord | undefined): string | null {
  if (record === undefined) return null;
  return Buffer.from(JSON.stringify([record.endedAt, record.id])).toString('base64url');
}

/** Null: it is none of ours. */
function readCursor(text: string): { readonly endedAt: string; readonly id: string } | null {
  try {
    const [endedAt, id] = cursorSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    // PostgreSQL's text holds no NUL.
    return id.includes('\0') ? null : { endedAt, id };
  } catch {
    return null;
  }
}

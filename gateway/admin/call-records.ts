import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { wordsOfTrace } from '../plans/words.ts';
import type { CallRecord, CallSearch } from '../ports.ts';
import { endReasons, reasonText } from '../reasons.ts';
import { csvOf, jsonLinesOf } from '../records/export.ts';
import type { HttpServerOptions, Plugin } from './context.ts';
import { HttpProblem, problemResponses } from './problems.ts';
import { anyId, callRecord, trace } from './schemas.ts';

const tags = ['records'];
const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());
const text = z.string().min(1).max(256);

const filter = {
  from: moment.optional().describe('calls that ended then or later'),
  to: moment.optional().describe('calls that ended before'),
  tenant: text.optional(),
  number: text.optional().describe('of the caller or who was called, as it came'),
  room: text.optional(),
  reason: z.enum(endReasons).optional().describe('why they ended'),
  rule: text.optional().describe('of the dial plan, which decided'),
};

const shown = callRecord.extend({ endText: z.string().describe('the reason, for people') });

/** An export of years is on its way for some time; it goes as fast as it is taken. */
const exportMs = 60 * 60 * 1000;

/** Past calls: looked for page by page, one with its explanation, and all of them as a file. */
export function callRecordRoutes({ records, hideNumbers }: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    app.get(
      '/calls/records',
      {
        schema: {
          tags,
          summary: 'Past calls that fit, the latest first',
          querystring: z.strictObject({
            ...filter,
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
    app.get(
      '/calls/records/export',
      {
        handlerTimeout: exportMs,
        schema: {
          tags,
          summary: 'All past calls that fit, as a file, the latest first',
          querystring: z.strictObject({ ...filter, format: z.enum(['csv', 'jsonl']) }),
          response: {
            200: {
              description: 'one call a line',
              content: {
                'text/csv': { schema: z.string() },
                'application/x-ndjson': { schema: z.string() },
              },
            },
            ...problemResponses,
          },
        },
      },
      async ({ query: { format, ...wanted } }, reply) => {
        // Before the first line goes out, so that a database that is away is a problem and no file.
        await records.findCalls({ ...wanted, limit: 1 });
        const find = (search: CallSearch) => records.findCalls(search);
        const lines = (format === 'csv' ? csvOf : jsonLinesOf)(find, wanted, { hideNumbers });
        return sendLines(reply, format, lines);
      },
    );
    done();
  };
}

/** As fast as the client takes them. */
function sendLines(reply: FastifyReply, format: 'csv' | 'jsonl', lines: AsyncIterable<string>): FastifyReply {
  return reply
    .type(format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/x-ndjson')
    .header('content-disposition', `attachment; filename="calls.${format}"`)
    .send(Readable.from(lines));
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

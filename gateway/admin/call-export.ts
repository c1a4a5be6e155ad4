import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { CallSearch } from '../ports.ts';
import { csvOf, jsonLinesOf } from '../records/export.ts';
import { callFilter } from './call-filter.ts';
import type { HttpServerOptions, Plugin } from './context.ts';
import { problemResponses } from './problems.ts';

/** An export of years is on its way for some time; it goes as fast as it is taken. */
const exportMs = 60 * 60 * 1000;

/** Past calls as a file. */
export function callExportRoutes({ records, hideNumbers }: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    app.get(
      '/calls/records/export',
      {
        handlerTimeout: exportMs,
        schema: {
          tags: ['records'],
          summary: 'All past calls that fit, as a file, the latest first',
          querystring: z.strictObject({ ...callFilter, format: z.enum(['csv', 'jsonl']) }),
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

import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { CsvInvalid } from '../rooms/errors.ts';
import { csvHeader, csvLines, readCsv } from '../rooms/meeting-csv.ts';
import type { HttpServerOptions, Plugin } from './context.ts';
import { importExample } from './examples.ts';
import { HttpProblem, problemResponses } from './problems.ts';
import { tenantOf } from './tenant.ts';

const tenant = z.string().max(64).optional();
const csv = { 'text/csv': { schema: z.string() } };

const importQuery = z.strictObject({
  tenant,
  dryRun: z.enum(['true', 'false']).default('false').describe('true: only says whether it would go'),
});

const imported = z.object({ created: z.number().int(), changed: z.number().int(), dryRun: z.boolean() });

const bodyLimit = 2 * 1024 * 1024;
/** They are written in one transaction, which PINs that are looked up in SQLite wait for. */
const mostLines = 2000;
const pageSize = 500;

/** Meetings as a file for spreadsheets, out and in. */
export function meetingFileRoutes(options: HttpServerOptions): Plugin {
  const { meetings } = options;
  return (app, _options, done) => {
    // In this scope only: everywhere else JSON is all that is taken.
    app.addContentTypeParser('text/csv', { parseAs: 'string', bodyLimit }, (_request, body, parsed) => {
      parsed(null, body);
    });
    app.get(
      '/meetings/export',
      {
        schema: {
          tags: ['meetings'],
          summary: 'All meetings of a tenant as CSV, with their PINs',
          querystring: z.strictObject({ tenant }),
          response: {
            200: { description: 'UTF-8 with a BOM; formulae are defused', content: csv },
            ...problemResponses,
          },
        },
      },
      async ({ query }, reply) => {
        const whose = tenantOf(query.tenant, options);
        let text = csvHeader();
        let after: string | null = null;
        do {
          const page = await meetings.list({
            tenant: whose,
            limit: pageSize,
            ...(after !== null && { after }),
          });
          text += csvLines(page.meetings);
          after = page.next;
          await nextTurn();
        } while (after !== null);
        return reply
          .header('content-type', 'text/csv; charset=utf-8; header=present')
          .header('content-disposition', 'attachment; filename="meetings.csv"')
          .serializer(String)
          .send(text);
      },
    );
    app.post(
      '/meetings/import',
      {
        schema: {
          tags: ['meetings'],
          summary: 'Make the meetings of a CSV file, and change those whose id it has: all of them, or none',
          consumes: ['text/csv'],
          querystring: importQuery,
          body: z.string().meta({ examples: [importExample] }),
          response: { 200: imported, ...problemResponses },
        },
      },
      async ({ query, body }) => {
        const { lines, faults } = readCsv(body);
        if (faults.length > 0) throw new CsvInvalid(faults);
        if (lines.length > mostLines) throw new HttpProblem('CSV_TOO_LONG');
        const dryRun = query.dryRun === 'true';
        const savings = lines.map(({ saving }) => saving);
        const saved = await meetings.saveAll(tenantOf(query.tenant, options), savings, dryRun);
        if (saved.faults.length > 0) {
          throw new CsvInvalid(
            saved.faults.map(({ index, field, message, remedy }) => ({
              ...{ line: lines[index].line, column: columnOf(field) },
              ...{ message, remedy },
            })),
          );
        }
        return { created: saved.created, changed: saved.changed, dryRun };
      },
    );
    done();
  };
}

/** `pins/guest` stands in the column `guestPin`, `schedule/zone` in `zone`. */
function columnOf(field: string): string {
  const [group, name = ''] = field.split('/', 2);
  return group === 'pins' ? `${name}Pin` : group === 'schedule' ? name : field;
}

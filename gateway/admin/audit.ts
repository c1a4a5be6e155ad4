import { z } from 'zod';
import type { HttpServerOptions, Plugin } from './context.ts';
import { problemResponses } from './problems.ts';

const entry = z.object({
  id: z.string(),
  at: z.string(),
  by: z.string().describe('as the client named itself; gateway: it happened by itself'),
  action: z.string().describe('such as plan.published'),
  subject: z.string().describe('what it was done to'),
  details: z.record(z.string(), z.unknown()),
});

/** Who did what, and when. */
export function auditRoutes({ audit }: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    app.get(
      '/audit',
      {
        schema: {
          tags: ['audit'],
          summary: 'Who did what and when, the newest first',
          querystring: z.strictObject({
            after: z.string().min(1).max(64).optional().describe('"next" of the page before'),
            limit: z.coerce.number().int().min(1).max(1000).default(100),
          }),
          response: {
            200: z.object({
              entries: z.array(entry),
              next: z.string().nullable().describe('for "after" of the next page; null: this is the last'),
            }),
            ...problemResponses,
          },
        },
      },
      async ({ query: { after, limit } }) => {
        const found = await audit({ before: after ?? null, limit: limit + 1 });
        const entries = found.slice(0, limit).map((one) => ({ ...one, details: { ...one.details } }));
        return { entries, next: found.length > limit ? (entries.at(-1)?.id ?? null) : null };
      },
    );
    done();
  };
}

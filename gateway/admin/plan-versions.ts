import { z } from 'zod';
import { adminOf, changeHeaders, expectedOf, note } from './changing.ts';
import type { HttpServerOptions, Plugin } from './context.ts';
import { rollBackExample } from './examples.ts';

import { forChecks } from './plan-body.ts';
import { anyPlan, planChange, planVersion } from './plan-schemas.ts';
import { problemResponses } from './problems.ts';
import { untilGone } from './waiting.ts';

const versionNumber = z.coerce.number().int().min(1).max(2_147_483_647);
const tags = ['plans'];

/** A plan's history, and back to what it was. */
export function planVersionRoutes({ plans }: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    app.get(
      '/plans/:name/versions',
      {
        schema: {
          tags,
          summary: 'All versions of a plan, the newest first; none of a file',
          params: anyPlan,
          response: { 200: z.object({ versions: z.array(planVersion) }), ...problemResponses },
        },
      },
      async (request) => ({ versions: [...(await plans.versions(request.params.name))] }),
    );
    app.get(
      '/plans/:name/versions/:version',
      {
        schema: {
          tags,
          summary: 'The text of a version',
          params: anyPlan.extend({ version: versionNumber }),
          response: { 200: z.object({ text: z.string() }), ...problemResponses },
        },
      },
      async ({ params }) => ({ text: await plans.versionText(params.name, params.version) }),
    );
    app.get(
      '/plans/:name/diff',
      {
        ...forChecks,
        schema: {
          tags,
          summary: 'What differs between two versions, by lines and by rules',
          params: anyPlan,
          querystring: z.strictObject({ from: versionNumber, to: versionNumber }),
          response: {
            200: z.object({
              text: z.string().describe('unified diff; empty: nothing differs'),
              changes: z.array(planChange),
            }),
            ...problemResponses,
          },
        },
      },
      async ({ params, query }, reply) => {
        const { text, changes } = await plans.diff(params.name, query.from, query.to, untilGone(reply));
        return { text, changes: changes.map((one) => ({ ...one, keys: [...one.keys] })) };
      },
    );
    app.post(
      '/plans/:name/roll-back',
      {
        ...forChecks,
        schema: {
          tags,
          summary: 'Publish the text of an old version as a new one',
          params: anyPlan,
          headers: changeHeaders,
          body: z
            .strictObject({ to: z.number().int().min(1).max(2_147_483_647), note })
            .meta({ examples: [rollBackExample] }),
          response: {
            200: z.object({ version: z.number(), etag: z.string() }),
            ...problemResponses,
          },
        },
      },
      async (request, reply) => {
        const { to, note } = request.body;
        const doing = { by: adminOf(request.headers), note };
        const made = await plans.rollBack(request.params.name, to, expectedOf(request.headers), doing);
        reply.header('etag', `"${made.etag}"`);
        return { version: made.version ?? 0, etag: made.etag };
      },
    );
    done();
  };
}

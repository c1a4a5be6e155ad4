import { z } from 'zod';
import { adminHeaders, adminOf, changeHeaders, expectedOf, note, putHeaders } from './changing.ts';
import type { HttpServerOptions, Plugin } from './context.ts';
import { publishExample, takeOverExample } from './examples.ts';
import { forChecks, forPlanTexts } from './plan-body.ts';
import { anyPlan, planText, planView } from './plan-schemas.ts';
import { answerPlan } from './plan-views.ts';
import { problemResponses } from './problems.ts';

const tags = ['plans'];

/** Publishing plans, taking them over from files, and removing them. */
export function planPublishingRoutes({ plans }: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    app.put(
      '/plans/:name',
      {
        ...forPlanTexts,
        schema: {
          tags,
          summary: 'Publish a plan, or its next version; with mistakes nothing changes',
          params: anyPlan,
          headers: putHeaders,
          body: z
            .strictObject({
              text: planText,
              note,
              enabled: z
                .boolean()
                .optional()
                .describe('false: a draft, which is not checked; left out: as it is, a new one is enabled'),
            })
            .meta({ examples: [publishExample] }),
          response: {
            200: planView.describe('the next version'),
            201: planView.describe('a new plan'),
            ...problemResponses,
          },
        },
      },
      async (request, reply) => {
        const { text, enabled, note } = request.body;
        const doing = { by: adminOf(request.headers), note };
        const expected = expectedOf(request.headers);
        const made = await plans.put({ name: request.params.name, text, enabled }, expected, doing);
        return answerPlan(reply.code(expected === 'new' ? 201 : 200), plans, made);
      },
    );
    app.delete(
      '/plans/:name',
      {
        ...forChecks,
        schema: {
          tags,
          summary: 'Remove a plan of the database; its versions stay',
          params: anyPlan,
          headers: changeHeaders,
          response: { 204: z.null().describe('removed'), ...problemResponses },
        },
      },
      async (request, reply) => {
        const doing = { by: adminOf(request.headers) };
        await plans.remove(request.params.name, expectedOf(request.headers), doing);
        return reply.code(204).send(null);
      },
    );
    app.post(
      '/plans/:name/take-over',
      {
        schema: {
          tags,
          summary:
            'Copy a file’s plan into the database, as a draft that stands for the file once it is enabled',
          params: anyPlan,
          headers: adminHeaders,
          body: z
            .strictObject({ as: anyPlan.shape.name.describe('the copy’s name'), note })
            .meta({ examples: [takeOverExample] }),
          response: { 201: planView.describe('the copy'), ...problemResponses },
        },
      },
      async (request, reply) => {
        const { as, note } = request.body;
        const doing = { by: adminOf(request.headers), note };
        return answerPlan(reply.code(201), plans, await plans.takeOver(request.params.name, as, doing));
      },
    );
    done();
  };
}

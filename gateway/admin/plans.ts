import { z } from 'zod';
import type { HttpServerOptions, Plugin } from './context.ts';
import { anyPlan, planSummary, planView } from './plan-schemas.ts';
import { answerPlan, summaryOf } from './plan-views.ts';
import { problemResponses } from './problems.ts';

const tags = ['plans'];

/** Plans that there are. */
export function planRoutes({ plans }: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    app.get(
      '/plans',
      {
        schema: {
          tags,
          summary: 'All plans, of files and of the database',
          response: { 200: z.object({ plans: z.array(planSummary) }), ...problemResponses },
        },
      },
      async () => ({ plans: await Promise.all(plans.list().map((plan) => summaryOf(plans, plan))) }),
    );
    app.get(
      '/plans/:name',
      {
        schema: {
          tags,
          summary: 'One plan with its text; its ETag is what a change of it has to name',
          params: anyPlan,
          response: { 200: planView, ...problemResponses },
        },
      },
      (request, reply) => answerPlan(reply, plans, plans.get(request.params.name)),
    );
    done();
  };
}

import { z } from 'zod';
import { inWords } from '../plans/words.ts';
import { callInput, toCallInput } from './call-input.ts';
import type { Plugin, HttpServerOptions } from './context.ts';
import { callExample } from './examples.ts';
import { problemResponses } from './problems.ts';
import { planProblem } from './plan-schemas.ts';
import { route, showTrace, trace } from './schemas.ts';

const planView = z.object({
  name: z.string(),
  version: z.string(),
  rules: z
    .array(
      z.object({
        name: z.string(),
        plan: z.string(),
        file: z.string().describe('the plan’s own, or a fragment that it includes'),
        tenant: z.string(),
        priority: z.number(),
        action: z.string().describe('transform: it rewrites the numbers, and the next rules are tried'),
        when: z
          .record(z.string(), z.string())
          .describe('by field, in words: is 1000, begins with +49; empty: every call'),
      }),
    )
    .describe('in the order in which they are tried'),
  problems: z.array(planProblem).describe('why newer plans were not taken; empty: what is there is in force'),
  plans: z
    .array(z.object({ name: z.string(), version: z.string() }))
    .describe('that count, in the order of their names; version: v7, or a file’s beginning of a hash'),
});

/** The plans in force, and the dry run: the same `resolve` as for calls, with its trace. */
export function dialPlanRoutes({ plans }: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    app.get(
      '/dial-plan',
      {
        schema: {
          tags: ['dial plan'],
          summary: 'The plans in force together, and why newer ones were not taken',
          response: { 200: planView, ...problemResponses },
        },
      },
      () => {
        const view = plans.view();
        return {
          ...view,
          rules: view.rules.map((rule) => ({ ...rule, when: { ...rule.when } })),
          problems: [...view.problems],
          plans: plans
            .list()
            .filter(({ enabled }) => enabled)
            .map(({ name, etag }) => ({ name, version: etag })),
        };
      },
    );
    app.post(
      '/dial-plan/try',
      {
        schema: {
          tags: ['dial plan'],
          summary: 'Where a call would go, and why; no call is made',
          body: callInput.meta({ examples: [callExample] }),
          response: { 200: z.object({ route, trace, words: z.array(z.string()) }), ...problemResponses },
        },
      },
      (request) => {
        const tried = plans.resolve(toCallInput(request.body));
        return { route: tried.route, trace: showTrace(tried.trace), words: inWords(tried) };
      },
    );
    done();
  };
}

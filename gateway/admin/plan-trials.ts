import { z } from 'zod';
import { inWords } from '../plans/words.ts';
import { callInput, toCallInput } from './call-input.ts';
import type { HttpServerOptions, Plugin } from './context.ts';
import { checkExample, tryExample } from './examples.ts';

import { forPlanTexts } from './plan-body.ts';
import { anyPlan, planChange, planProblem, planText, testResult } from './plan-schemas.ts';
import { problemResponses } from './problems.ts';
import { route, showTrace, trace } from './schemas.ts';
import { untilGone } from './waiting.ts';

const tags = ['plans'];

/** What a text would do; nothing is published here. */
export function planTrialRoutes({ plans }: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    app.post(
      '/plans/check',
      {
        ...forPlanTexts,
        schema: {
          tags,
          summary: 'What publishing a text would do: mistakes, tests and changes; nothing is published',
          body: z.strictObject({ ...anyPlan.shape, text: planText }).meta({ examples: [checkExample] }),
          response: {
            200: z.object({
              problems: z.array(planProblem).describe('none: it could be published'),
              tests: z.array(testResult),
              changes: z.array(planChange).describe('against the plan of that name'),
            }),
            ...problemResponses,
          },
        },
      },
      async (request, reply) => {
        const { problems, tests, changes } = await plans.check(request.body, untilGone(reply));
        return {
          problems: [...problems],
          tests: tests.map((test) => ({
            ...test,
            failures: test.failures.map((failure) => ({ ...failure, path: [...failure.path] })),
          })),
          changes: changes.map((one) => ({ ...one, keys: [...one.keys] })),
        };
      },
    );
    app.post(
      '/plans/try',
      {
        ...forPlanTexts,
        schema: {
          tags,
          summary: 'Where a call would go, and why: by the plans in force, or as if a text were published',
          body: z
            .strictObject({
              name: anyPlan.shape.name.optional().describe('what the text would be published as'),
              text: planText.optional(),
              call: callInput,
            })
            .refine(({ name, text }) => text === undefined || name !== undefined, {
              path: ['name'],
              message: 'must say what the text would be published as',
            })
            .meta({ examples: [tryExample] }),
          response: { 200: z.object({ route, trace, words: z.array(z.string()) }), ...problemResponses },
        },
      },
      async (request, reply) => {
        const { name, text, call } = request.body;
        const input = toCallInput(call);
        const tried =
          name === undefined || text === undefined
            ? plans.resolve(input)
            : await plans.tryWith({ name, text }, input, untilGone(reply));
        return { route: tried.route, trace: showTrace(tried.trace), words: inWords(tried) };
      },
    );
    done();
  };
}

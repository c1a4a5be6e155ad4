import { z } from 'zod';
import { failureRate } from '../plans/canary.ts';
import type { StoredCanary, Tally } from '../plans/stored.ts';
import { adminHeaders, adminOf, note } from './changing.ts';
import type { HttpServerOptions, Plugin } from './context.ts';
import { canaryExample, promoteExample } from './examples.ts';
import { anyPlan, canaryView, planText } from './plan-schemas.ts';
import { forChecks, forPlanTexts } from './plan-body.ts';
import { problemResponses } from './problems.ts';

const tags = ['plans'];

const newCanary = z
  .strictObject({
    text: planText,
    note,
    numbers: z
      .array(z.string().min(1).max(256))
      .max(1000)
      .default([])
      .describe('called numbers that it is for; none: all'),
    share: z
      .number()
      .gt(0)
      .max(100)
      .default(100)
      .describe('of the calls to these numbers, in percent; a call stays on its side'),
    failureRate: z
      .number()
      .min(0)
      .max(100)
      .default(5)
      .describe(
        'percent of its calls that may fail; with more, and more than of the others, it is taken back',
      ),
    calls: z
      .number()
      .int()
      .min(1)
      .max(1_000_000)
      .default(20)
      .describe('how many of its calls must be over before it is judged'),
  })
  .refine(({ numbers, share }) => numbers.length > 0 || share < 100, {
    path: ['share'],
    message: 'must be less than 100 when no numbers are named, or it would be no try',
  });

/** Trying a version with some calls before it counts for all. */
export function canaryRoutes({ canaries }: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    app.post(
      '/plans/:name/canary',
      {
        ...forPlanTexts,
        schema: {
          tags,
          summary: 'Try a version with some calls; it is taken back by itself when too many of them fail',
          params: anyPlan,
          headers: adminHeaders,
          body: newCanary.meta({ examples: [canaryExample] }),
          response: { 201: canaryView, ...problemResponses },
        },
      },
      async (request, reply) => {
        const { note, ...wanted } = request.body;
        const doing = { by: adminOf(request.headers), note };
        return reply.code(201).send(showCanary(await canaries.start(request.params.name, wanted, doing)));
      },
    );
    app.get(
      '/plans/:name/canary',
      {
        schema: {
          tags,
          summary: 'How the try of a version goes, or how the last one went',
          params: anyPlan,
          response: { 200: canaryView, ...problemResponses },
        },
      },
      (request) => showCanary(canaries.of(request.params.name)),
    );
    app.delete(
      '/plans/:name/canary',
      {
        ...forChecks,
        schema: {
          tags,
          summary: 'End the try; all calls go the present way again',
          params: anyPlan,
          headers: adminHeaders,
          response: { 200: canaryView, ...problemResponses },
        },
      },
      async (request) =>
        showCanary(await canaries.end(request.params.name, { by: adminOf(request.headers) })),
    );
    app.post(
      '/plans/:name/canary/promote',
      {
        ...forChecks,
        schema: {
          tags,
          summary: 'Make the version that is tried the plan’s, for all calls',
          params: anyPlan,
          headers: adminHeaders,
          body: z
            .strictObject({ note })
            .prefault({})
            .meta({ examples: [promoteExample] }),
          response: { 200: canaryView, ...problemResponses },
        },
      },
      async (request) => {
        const doing = { by: adminOf(request.headers), note: request.body.note };
        return showCanary(await canaries.promote(request.params.name, doing));
      },
    );
    done();
  };
}

export function showCanary({ text: _text, ...canary }: StoredCanary): z.infer<typeof canaryView> {
  return {
    ...canary,
    numbers: [...canary.numbers],
    candidate: withRate(canary.candidate),
    rest: withRate(canary.rest),
  };
}

function withRate(tally: Tally): z.infer<typeof canaryView>['candidate'] {
  const rate = failureRate(tally);
  return { ...tally, failureRate: rate === null ? null : Math.round(rate * 100) / 100 };
}

import { z } from 'zod';
import type { HttpServerOptions, Plugin } from './context.ts';
import { replayExample } from './examples.ts';
import { HttpProblem, problemResponses } from './problems.ts';
import { anyId } from './schemas.ts';
import { delivery, deliveryQuery, oneDelivery, queued, schema, secret, there } from './webhook-schemas.ts';

/** How deliveries went, sending them again, and trying. */
export function deliveryRoutes(options: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    void app.register(logRoutes(options));
    void app.register(trialRoutes(options));
    done();
  };
}

function logRoutes({ webhooks }: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    app.get(
      '/webhooks/:id/deliveries',
      {
        schema: {
          ...schema('What was sent to it, the latest first'),
          params: anyId,
          querystring: deliveryQuery,
          response: {
            200: z.object({ deliveries: z.array(delivery), next: z.string().nullable() }),
            ...problemResponses,
          },
        },
      },
      async ({ params, query }) => {
        there(await webhooks.get(params.id));
        const { deliveries, next } = await webhooks.deliveries(params.id, query);
        return { deliveries: deliveries.map((one) => ({ ...one, attempts: [...one.attempts] })), next };
      },
    );
    app.post(
      '/webhooks/:id/deliveries/:delivery/replay',
      {
        schema: {
          ...schema('Send one once more'),
          params: oneDelivery,
          response: { 202: queued, ...problemResponses },
        },
      },
      async ({ params }, reply) => {
        if (!(await webhooks.replay(params.id, params.delivery))) throw new HttpProblem('DELIVERY_NOT_FOUND');
        return reply.code(202).send({ queued: 1 });
      },
    );
    app.post(
      '/webhooks/:id/replay',
      {
        schema: {
          ...schema('Send all that were given up once more'),
          params: anyId,
          body: z
            .strictObject({ since: z.iso.datetime().describe('those of events since then, in UTC') })
            .meta({ examples: [replayExample] }),
          response: { 202: queued, ...problemResponses },
        },
      },
      async ({ params, body }, reply) => {
        there(await webhooks.get(params.id));
        return reply.code(202).send({ queued: await webhooks.replaySince(params.id, body.since) });
      },
    );
    done();
  };
}

function trialRoutes({ webhooks }: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    app.post(
      '/webhooks/:id/test',
      {
        schema: {
          ...schema('Send it an event webhook.test'),
          params: anyId,
          response: { 202: queued, ...problemResponses },
        },
      },
      async ({ params }, reply) => {
        if (!(await webhooks.test(params.id))) throw new HttpProblem('WEBHOOK_NOT_FOUND');
        return reply.code(202).send({ queued: 1 });
      },
    );
    app.post(
      '/webhooks/:id/secret',
      {
        schema: {
          ...schema('Make a new secret; the old one counts no more'),
          params: anyId,
          response: { 200: secret, ...problemResponses },
        },
      },
      async ({ params }) => {
        const made = await webhooks.renewSecret(params.id);
        if (made === null) throw new HttpProblem('WEBHOOK_NOT_FOUND');
        return { secret: made };
      },
    );
    done();
  };
}

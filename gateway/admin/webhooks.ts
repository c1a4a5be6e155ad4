import { z } from 'zod';
import type { Webhook } from '../ports.ts';
import type { HttpServerOptions, Plugin } from './context.ts';
import { ifMatch, setEtag, versionToChange } from './etag.ts';
import { newWebhookExample, webhookChangeExample } from './examples.ts';
import { HttpProblem, problemResponses } from './problems.ts';
import { anyId } from './schemas.ts';
import { deliveryRoutes } from './webhook-deliveries.ts';
import { newWebhook, schema, secret, there, webhook, webhookChange } from './webhook-schemas.ts';

/** Who is told of events: subscriptions. */
export function webhookRoutes(options: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    void app.register(readingRoutes(options));
    void app.register(changingRoutes(options));
    void app.register(deliveryRoutes(options));
    done();
  };
}

function readingRoutes({ webhooks }: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    app.get(
      '/webhooks',
      {
        schema: {
          ...schema('All subscriptions'),
          response: { 200: z.object({ webhooks: z.array(webhook) }), ...problemResponses },
        },
      },
      async () => ({ webhooks: (await webhooks.list()).map(show) }),
    );
    app.get(
      '/webhooks/:id',
      {
        schema: {
          ...schema('One subscription, with its ETag'),
          params: anyId,
          response: { 200: webhook, ...problemResponses },
        },
      },
      async ({ params }, reply) => {
        const found = there(await webhooks.get(params.id));
        setEtag(reply, found.version);
        return show(found);
      },
    );
    done();
  };
}

function changingRoutes({ webhooks }: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    app.post(
      '/webhooks',
      {
        schema: {
          ...schema('Subscribe a URL to events'),
          body: newWebhook.meta({ examples: [newWebhookExample] }),
          response: { 201: webhook.extend(secret.shape), ...problemResponses },
        },
      },
      async ({ body }, reply) => {
        const made = await webhooks.create(body);
        setEtag(reply, made.webhook.version);
        const location = `/api/v1/webhooks/${encodeURIComponent(made.webhook.id)}`;
        return reply
          .code(201)
          .header('location', location)
          .send({ ...show(made.webhook), secret: made.secret });
      },
    );
    app.patch(
      '/webhooks/:id',
      {
        schema: {
          ...schema(
            'Change what is named, if it still has the ETag of If-Match; active: true starts it again',
          ),
          params: anyId,
          headers: ifMatch,
          body: webhookChange.meta({ examples: [webhookChangeExample] }),
          response: { 200: webhook, ...problemResponses },
        },
      },
      async (request, reply) => {
        const version = versionToChange(request);
        const changed = there(await webhooks.change(request.params.id, version, request.body));
        setEtag(reply, changed.version);
        return show(changed);
      },
    );
    app.delete(
      '/webhooks/:id',
      {
        schema: {
          ...schema('Unsubscribe; what waits for it is not sent'),
          params: anyId,
          response: { 204: z.null().describe('removed'), ...problemResponses },
        },
      },
      async ({ params }, reply) => {
        if (!(await webhooks.remove(params.id))) throw new HttpProblem('WEBHOOK_NOT_FOUND');
        return reply.code(204).send(null);
      },
    );
    done();
  };
}

function show(one: Webhook): z.infer<typeof webhook> {
  return { ...one, events: [...one.events] };
}

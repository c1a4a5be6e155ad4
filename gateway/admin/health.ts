import { z } from 'zod';
import type { Plugin, HttpServerOptions, Parts } from './context.ts';
import { problemResponses } from './problems.ts';
import { readiness } from './schemas.ts';

/** Ready: calls can come in, be mixed and reach rooms. Records catch up later, so they don't count. */
function isReady(parts: Parts): boolean {
  return (
    parts.sip.state === 'up' &&
    parts.rooms.state === 'up' &&
    parts.media.some((node) => node.state === 'up') &&
    (parts.mixing === null || parts.mixing.state === 'up')
  );
}

/** Liveness, readiness and metrics: without token, for orchestrators and Prometheus. */
export function healthRoutes(options: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    app.get(
      '/healthz',
      {
        schema: {
          tags: ['health'],
          summary: 'The process lives',
          security: [],
          response: { 200: z.object({ status: z.literal('ok') }), ...problemResponses },
        },
      },
      () => ({ status: 'ok' as const }),
    );
    app.get(
      '/readyz',
      {
        schema: {
          tags: ['health'],
          summary: 'Whether calls can be taken, and how each part is',
          security: [],
          response: {
            200: readiness.describe('ready'),
            503: readiness.describe('not ready: see the part that is not up'),
            '4xx': problemResponses['4xx'],
          },
        },
      },
      (_request, reply) => {
        const parts = options.status();
        const ready = isReady(parts);
        void reply.code(ready ? 200 : 503).send({
          status: ready ? 'ready' : 'not-ready',
          parts: {
            ...parts,
            sip: { ...parts.sip, servers: [...parts.sip.servers], trunks: [...parts.sip.trunks] },
            media: [...parts.media],
            mixing: parts.mixing && { ...parts.mixing, servers: [...parts.mixing.servers] },
          },
        });
      },
    );
    app.get(
      '/metrics',
      {
        schema: {
          tags: ['health'],
          summary: 'Metrics for Prometheus',
          security: [],
          response: {
            200: { description: 'exposition text', content: { 'text/plain': { schema: z.string() } } },
            ...problemResponses,
          },
        },
      },
      async (_request, reply) => {
        const text = await options.metrics.render();
        return reply
          .header('content-type', options.metrics.contentType)
          .serializer((value: unknown) => String(value))
          .send(text);
      },
    );
    done();
  };
}

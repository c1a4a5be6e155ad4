import { z } from 'zod';
import type { Plugin, HttpServerOptions } from './context.ts';
import { HttpProblem, problemResponses } from './problems.ts';
import { anyId, callRecord, callView } from './schemas.ts';

const noContent = z.null().describe('done');

/** Live calls: list, one, hang up, mute; and the records of past ones. */
export function callRoutes({ calls, records }: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    app.get(
      '/calls',
      {
        schema: {
          tags: ['calls'],
          summary: 'Live calls',
          response: { 200: z.object({ calls: z.array(callView) }), ...problemResponses },
        },
      },
      async () => ({ calls: [...(await calls.list())] }),
    );
    app.get(
      '/calls/:id',
      {
        schema: {
          tags: ['calls'],
          summary: 'One call',
          params: anyId,
          response: { 200: callView, ...problemResponses },
        },
      },
      async (request) => {
        const call = await calls.get(request.params.id);
        if (call === null) throw new HttpProblem('CALL_NOT_FOUND');
        return call;
      },
    );
    app.delete(
      '/calls/:id',
      {
        schema: {
          tags: ['calls'],
          summary: 'Hang up',
          params: anyId,
          response: { 204: noContent, ...problemResponses },
        },
      },
      async (request, reply) => {
        if (!(await calls.hangUp(request.params.id, 'ended-by-admin'))) {
          throw new HttpProblem('CALL_NOT_FOUND');
        }
        return reply.code(204).send(null);
      },
    );
    app.post(
      '/calls/:id/mute',
      {
        schema: {
          tags: ['calls'],
          summary: 'Mute or unmute the caller in the room',
          params: anyId,
          body: z.strictObject({ muted: z.boolean() }),
          response: { 204: noContent, ...problemResponses },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        if (!(await calls.setMuted(id, request.body.muted))) {
          throw new HttpProblem((await calls.get(id)) === null ? 'CALL_NOT_FOUND' : 'CALL_NOT_IN_ROOM');
        }
        return reply.code(204).send(null);
      },
    );
    app.get(
      '/records/calls',
      {
        schema: {
          tags: ['records'],
          summary: 'Past calls, the newest first; GET /calls/records has filters and pages',
          querystring: z.strictObject({ limit: z.coerce.number().int().min(1).max(1000).default(100) }),
          response: { 200: z.object({ calls: z.array(callRecord) }), ...problemResponses },
        },
      },
      async (request) => ({ calls: [...(await records.listCalls(request.query.limit))] }),
    );
    done();
  };
}

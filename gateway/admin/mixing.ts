import { z } from 'zod';
import type { HttpServerOptions, Plugin } from './context.ts';
import { HttpProblem, problemResponses } from './problems.ts';
import { mixingServer } from './schemas.ts';

const serverName = z.object({ name: z.string().min(1).max(256).describe('such as 10.0.0.5:8021') });

/** FreeSWITCHes that mix: how they are; drain one before it is stopped, and take it back. */
export function mixingRoutes({ mixing }: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    app.get(
      '/mixing/servers',
      {
        schema: {
          tags: ['mixing'],
          summary: 'FreeSWITCHes that mix; none where the media node does',
          response: { 200: z.object({ servers: z.array(mixingServer) }), ...problemResponses },
        },
      },
      () => ({ servers: [...(mixing?.status().servers ?? [])] }),
    );
    for (const [verb, draining, summary] of [
      [
        'drain',
        true,
        'Give it no new rooms; those that it has stay until they are over. Holds for all gateways on the database, until it is taken back',
      ],
      ['undrain', false, 'Give it new rooms again'],
    ] as const)
      app.post(
        `/mixing/servers/:name/${verb}`,
        {
          schema: {
            tags: ['mixing'],
            summary,
            params: serverName,
            response: { 204: z.null().describe('done'), ...problemResponses },
          },
        },
        async (request, reply) => {
          if ((await mixing?.setDraining(request.params.name, draining)) !== true)
            throw new HttpProblem('MIXING_SERVER_NOT_FOUND');
          return reply.code(204).send(null);
        },
      );
    done();
  };
}

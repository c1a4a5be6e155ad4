import { z } from 'zod';
import { adminHeaders, adminOf } from './changing.ts';
import type { HttpServerOptions, Plugin } from './context.ts';
import { HttpProblem, problemResponses } from './problems.ts';
import { anyId } from './schemas.ts';

const guess = z.object({
  id: z.string().describe('of this run of the gateway'),
  tenant: z.string(),
  kind: z.enum(['number', 'address']),
  source: z.string().describe('a number by its last digits only'),
  misses: z.number().int(),
  state: z.enum(['slowed', 'blocked']),
  lastAt: z.string(),
  until: z.string().describe('when it may try again'),
});

/** Who is slowed or blocked for typing wrong PINs, and how to let them try again. */
export function guessRoutes({ guard, keepAudit, log }: HttpServerOptions): Plugin {
  return (app, _options, done) => {
    app.get(
      '/guesses',
      {
        schema: {
          tags: ['guesses'],
          summary: 'Who is slowed or blocked for wrong PINs, the latest first',
          response: { 200: z.object({ guesses: z.array(guess) }), ...problemResponses },
        },
      },
      () => ({ guesses: [...guard.list()] }),
    );
    app.delete(
      '/guesses/:id',
      {
        schema: {
          tags: ['guesses'],
          summary: 'Forget the wrong PINs of one of them',
          params: anyId,
          headers: adminHeaders,
          response: { 204: z.null().describe('it may try again'), ...problemResponses },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const guess = guard.list().find((one) => one.id === id);
        if (guess === undefined) throw new HttpProblem('GUESS_NOT_FOUND');
        const { source: subject, tenant, state, misses } = guess;
        // First: nobody is let in without it being told who did.
        const by = adminOf(request.headers);
        await keepAudit({ by, action: 'guess.lifted', subject, details: { tenant, state, misses } });
        guard.lift(id);
        log.info({ guess: id }, 'block for wrong PINs lifted');
        return reply.code(204).send(null);
      },
    );
    done();
  };
}

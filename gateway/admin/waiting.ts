import type { FastifyInstance, FastifyReply } from 'fastify';
import { HttpProblem } from './problems.ts';

// Node closes a request as soon as its body is read. With it Fastify ends its own deadline for the answer, and aborts
// `request.signal`; so for requests with a body neither is of use.

/** Aborts when nobody waits for the answer any more. */
export function untilGone({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort(new HttpProblem('TOOK_TOO_LONG'));
  });
  return gone.signal;
}

/** Requests with a body have their route's `handlerTimeout` for the answer, too. */
export function keepDeadlines(app: FastifyInstance): void {
  app.addHook('preHandler', (request, reply, done) => {
    const deadline = setTimeout(() => {
      if (!reply.sent) void reply.send(new HttpProblem('TOOK_TOO_LONG'));
    }, request.routeOptions.handlerTimeout);
    reply.raw.once('close', () => clearTimeout(deadline));
    done();
  });
}

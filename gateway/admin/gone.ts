import type { FastifyReply } from 'fastify';
import { HttpProblem } from './problems.ts';

/**
 * Aborts when nobody waits for the answer any more. Fastify's `request.signal` is no help: it aborts as soon as the
 * body is read, since that is when Node closes a request.
 */
export function untilGone({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort(new HttpProblem('TOOK_TOO_LONG'));
  });
  return gone.signal;
}

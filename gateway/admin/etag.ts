import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { HttpProblem } from './problems.ts';

/** For the `headers` of routes that take a version. */
export const ifMatch = z.looseObject({
  'if-match': z.string().optional().describe('ETag of what is changed, or *'),
});

/** A version as a strong entity tag (RFC 9110 §8.8.3). */
export function setEtag(reply: FastifyReply, version: number): void {
  reply.header('etag', `"${version}"`);
}

/** No version has it. */
const never = -1;

/**
 * The version that a change is meant for (RFC 9110 §13.1.1): null for `*`, any. Throws IF_MATCH_REQUIRED
 * when the request says none: two admins would overwrite each other unseen.
 */
export function versionToChange(request: FastifyRequest): number | null {
  const wanted = versionIfMatched(request);
  if (wanted === undefined) throw new HttpProblem('IF_MATCH_REQUIRED');
  return wanted;
}

/** The same where it may be left out: undefined. */
export function versionIfMatched({ headers }: FastifyRequest): number | null | undefined {
  const header = headers['if-match'];
  if (header === undefined || header.trim() === '*') return header === undefined ? undefined : null;
  const tag = /^\s*"(\d{1,15})"\s*$/.exec(header)?.[1];
  // A weak tag, or one that is not ours, matches no version.
  return tag === undefined ? never : Number(tag);
}

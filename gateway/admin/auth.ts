import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { HttpProblem } from './problems.ts';

/** Lets a request in when it bears the admin token (RFC 6750 §2.1); throws `UNAUTHORIZED` otherwise. */
export function requireBearer(adminToken: string): (request: FastifyRequest) => Promise<void> {
  // Hashes have one length, so that the comparison tells neither the token's length nor its first wrong byte.
  const expected = sha256(adminToken);
  return (request) => {
    const given = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
    return given !== undefined && adminToken !== '' && timingSafeEqual(sha256(given), expected)
      ? Promise.resolve()
      : Promise.reject(new HttpProblem('UNAUTHORIZED'));
  };
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

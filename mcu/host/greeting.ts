/**
 * How a gateway and a media host get to know each other on a WebSocket between them. Both prove that they know the
 * secret and neither shows it: keys of calls go over this connection, so the gateway has to know whom it tells them.
 *
 *     host → gateway   {hello: {words, nonce}}
 *     gateway → host   {hello: {words, nonce, seat, proof}}
 *     host → gateway   {welcome: {proof}}, or {refused: …} and the end
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { RawData } from 'ws';
import { z } from 'zod';
import type { Contract } from '../control/channel.ts';
import { gatewayContract, nodeContract, nodeReady } from '../control/protocol.ts';
import { hostedStart } from './start.ts';

/** 32 bytes. */
const token = z.string().regex(/^[\w-]{43}$/);
const words = z.string().regex(/^[0-9a-f]{16}$/);

export const hostHello = z.strictObject({ hello: z.strictObject({ words, nonce: token }) });

export const gatewayHello = z.strictObject({
  hello: z.strictObject({
    words,
    nonce: token,
    /** Processes of one seat take turns: one at most is in use. */
    seat: z.string().regex(/^[\w-]{1,64}$/),
    proof: token,
  }),
});

export const hostAnswer = z.union([
  z.strictObject({ welcome: z.strictObject({ proof: token }) }),
  /** `secret`: ours is another one. `words`: the two are of versions that don't understand each other. */
  z.strictObject({ refused: z.enum(['secret', 'words']) }),
]);

/** All that both sides have said before a proof; a proof holds for nothing else. */
export interface Greeted {
  readonly words: string;
  readonly hostNonce: string;
  readonly gatewayNonce: string;
  readonly seat: string;
}

export function newNonce(): string {
  return randomBytes(32).toString('base64url');
}

export function proofOf(secret: string, side: 'gateway' | 'host', greeted: Greeted): string {
  const { words: spoken, hostNonce, gatewayNonce, seat } = greeted;
  return createHmac('sha256', secret)
    .update([side, spoken, hostNonce, gatewayNonce, seat].join('\n'))
    .digest('base64url');
}

/** In constant time. */
export function isProof(given: string, right: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

let digest: string | null = null;

/** What names all messages of the control channel: two versions that have the same one understand each other. */
export function spokenWords(): string {
  digest ??= createHash('sha256')
    .update(
      JSON.stringify([
        shapesOf(nodeContract),
        shapesOf(gatewayContract),
        shape(nodeReady),
        shape(hostedStart),
      ]),
    )
    .digest('hex')
    .slice(0, 16);
  return digest;
}

function shapesOf({ calls, events }: Contract): unknown {
  return [
    Object.entries(calls).map(([name, { params, result }]) => [name, shape(params), shape(result)]),
    Object.entries(events).map(([name, params]) => [name, shape(params)]),
  ];
}

function shape(schema: z.ZodType): unknown {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}

/** A message of either side; null: it is none. */
export function messageIn(data: RawData, isBinary: boolean): object | null {
  if (isBinary) return null;
  try {
    const message: unknown = JSON.parse((data as Buffer).toString('utf8'));
    return typeof message === 'object' && message !== null && !Array.isArray(message) ? message : null;
  } catch {
    return null;
  }
}

import { createHmac, randomBytes } from 'node:crypto';

/** Standard Webhooks 1.0: 24 to 64 random bytes behind this prefix, base64. */
const prefix = 'whsec_';

export function newSecret(): string {
  return prefix + randomBytes(32).toString('base64');
}

/** Value of `webhook-signature`: HMAC-SHA-256 over id, time and body, so that none of them can be another's. */
export function sign(secret: string, id: string, seconds: number, body: string): string {
  const key = Buffer.from(secret.slice(prefix.length), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')}`;
}

import { z } from 'zod';
import { toAddress } from '../../dialplans/tests.ts';
import type { TriedCall } from '../../dialplans/tried.ts';
import { verstats } from '../../dialplans/types.ts';

const address = z.string().min(1).max(256).describe('number, name, or sip:user@host');

/** A call to be tried out. */
export const callInput = z.strictObject({
  called: address,
  calling: address.default('anonymous'),
  trunk: z
    .string()
    .max(64)
    .nullish()
    .describe('null or `none`: it comes by none; left out: by the one that has its source’s address'),
  transport: z.enum(['udp', 'tcp', 'tls', 'ws', 'wss']).default('udp'),
  protocol: z.enum(['sip', 'h323']).default('sip'),
  source: z.union([z.ipv4(), z.ipv6()]).nullable().default(null).describe('IP address the call comes from'),
  registered: z.boolean().default(false).describe('the caller’s device is registered here'),
  verstat: z.enum(verstats).default('none').describe('whether the carrier vouches for the calling number'),
  headers: z
    .record(z.string().min(1).max(64), z.string().max(1024))
    .refine((headers) => Object.keys(headers).length <= 64, 'at most 64 header fields')
    .default({}),
  language: z.string().max(35).nullable().default(null).describe('of Accept-Language, such as de-AT'),
  at: z.iso.datetime({ offset: true }).optional().describe('when the call comes; left out: now'),
});

export function toCallInput({
  called,
  calling,
  headers,
  at,
  trunk,
  ...facts
}: z.infer<typeof callInput>): TriedCall {
  return {
    ...facts,
    trunk,
    called: toAddress(called),
    calling: toAddress(calling),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    at: at === undefined ? Date.now() : Date.parse(at),
  };
}

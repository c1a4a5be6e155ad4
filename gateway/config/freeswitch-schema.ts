import { isIP, isIPv4 } from 'node:net';
import { z } from 'zod';

const port = z.number().int().min(1).max(65535);
const address = z
  .string()
  .refine((text) => text === '' || isIP(text) !== 0, 'write an IP address, such as 10.0.0.9');

/** What differs from the keys beside it may be left out. */
const serverSchema = z.strictObject(
  { host: z.string().min(1), port: port.optional(), secret: z.string().optional() },
  { error: 'write it in gateway.yaml, as {host, port, secret}' },
);

/** Who mixes sound and pictures. */
export const mixingSchema = z
  .strictObject({
    engine: z
      .enum(['embedded', 'freeswitch'])
      .default('embedded')
      .describe('who mixes: the media node itself, or FreeSWITCH; also `MIXING`'),
  })
  .prefault({});

/** FreeSWITCHes that mix, where `mixing.engine` says so. */
export const freeswitchSchema = z
  .strictObject({
    host: z
      .string()
      .default('127.0.0.1')
      .describe('FreeSWITCHes, such as 10.0.0.5,10.0.0.6:8022; also `FREESWITCH_HOST`'),
    port: port
      .default(8021)
      .describe('port of their event socket, where host has none; also `FREESWITCH_PORT`'),
    secret: z.string().default('').describe('password of their event socket; also `FREESWITCH_SECRET`'),
    servers: z
      .array(serverSchema)
      .default([])
      .describe('more of them, as {host, port, secret}; what is left out is as above'),
    promptFolder: z
      .string()
      .default('')
      .describe(
        'the prompt folder where FreeSWITCH runs, which has to be the same; empty: the gateway’s path',
      ),
    pictureFolder: z
      .string()
      .default('')
      .describe(
        'folder for the screens and names that callers see, which FreeSWITCH reads under the same path; empty: pictures in the data folder',
      ),
    ownHost: address
      .default('')
      .describe('address at which FreeSWITCH reaches the gateway; empty: the one that leads there'),
    mediaHost: z
      .string()
      .refine((text) => text === '' || isIPv4(text), 'write an IPv4 address, such as 10.0.0.9')
      .default('')
      .describe('address at which FreeSWITCH reaches the media node; empty: the one that leads there'),
  })
  .prefault({});

import { isIP, isIPv4 } from 'node:net';
import { z } from 'zod';

const port = z.number().int().min(0).max(65535);
const onOff = z.enum(['on', 'off']);

/** drachtio-srf's own rules for tags. */
const tag = z
  .string()
  .regex(/^[a-zA-Z0-9-_+@:]{1,32}$/, 'write tags of at most 32 letters, digits, or - _ + @ :');

function isBlock(text: string): boolean {
  const [address, prefix = '0', ...more] = text.split('/');
  if (more.length > 0 || isIP(address) === 0 || !/^\d{1,3}$/.test(prefix)) return false;
  return Number(prefix) <= (isIPv4(address) ? 32 : 128);
}

/** What differs from the keys beside it may be left out. */
const serverSchema = z.strictObject(
  {
    host: z.string().min(1),
    port: port.optional(),
    secret: z.string().optional(),
    tls: onOff.optional(),
    ca: z.string().optional(),
  },
  { error: 'write it in gateway.yaml, as {host, port, secret, tls, ca}' },
);

/** drachtio-servers in place of the embedded edge. */
export const drachtioSchema = z
  .strictObject({
    host: z
      .string()
      .default('')
      .describe(
        'drachtio-servers, such as 10.0.0.5,10.0.0.6:9023; empty, and no listen.port: the embedded edge; also `DRACHTIO_HOST`',
      ),
    port: port.default(9022).describe('their admin port, where host has none; also `DRACHTIO_PORT`'),
    secret: z.string().default('cymru').describe('their secret; also `DRACHTIO_SECRET`'),
    tls: onOff.default('off').describe('whether that port is the tls-port of drachtio.conf'),
    ca: z
      .string()
      .default('')
      .describe('authorities of their certificates (PEM file); empty: those that browsers know'),
    plain: z
      .enum(['private', 'anywhere'])
      .default('private')
      .describe('where connections may be unencrypted: on private addresses only, or anywhere'),
    tags: z
      .array(tag)
      .max(20)
      .default([])
      .describe('names that drachtio’s request handlers choose this gateway by'),
    servers: z
      .array(serverSchema)
      .default([])
      .describe('more servers, as {host, port, secret, tls, ca}; what is left out is as above'),
    listen: z
      .strictObject({
        port: port
          .default(0)
          .describe(
            'port that drachtio’s <request-handlers> connect to, a connection a call; 0: none (9021)',
          ),
        host: z
          .string()
          .refine((text) => text === '' || isIP(text) !== 0, 'write an IP address, such as 10.0.0.9')
          .default('')
          .describe('IP address that it binds to; empty: host'),
        from: z
          .array(z.string().refine(isBlock, 'write IP addresses or blocks, such as 10.0.0.5 or 10.0.0.0/28'))
          .default([])
          .describe('addresses of the servers: nobody else may connect; needed off loopback'),
        tlsCert: z.string().default('').describe('certificate of that port (PEM file); empty: no TLS'),
        tlsKey: z.string().default('').describe('its private key (PEM file)'),
      })
      .prefault({}),
  })
  .prefault({});

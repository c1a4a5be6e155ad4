import { z } from 'zod';

/** A media node on another machine. */
export const mediaHostSchema = z
  .strictObject({
    url: z
      .string()
      .default('')
      .describe(
        'a media host, such as ws://10.0.0.5:9030 or wss://media.example:9030, which has its own media keys; empty: the media node runs here; also `MEDIA_HOST_URL`',
      ),
    secret: z.string().default('').describe('its secret; also `MEDIA_HOST_SECRET`'),
    ca: z
      .string()
      .default('')
      .describe('authorities of its certificate (PEM file); empty: those that browsers know'),
    plain: z
      .enum(['private', 'anywhere'])
      .default('private')
      .describe('where the connection may be unencrypted: on private addresses only, or anywhere'),
    livekitUrl: z
      .string()
      .default('')
      .describe('LiveKit’s address as the media host sees it; empty: the same'),
  })
  .prefault({});

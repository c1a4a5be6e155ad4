import type { ServerPlace } from '../../gateway/sip/server-place.ts';

/** A drachtio server on loopback, as a gateway is told of it. */
export function serverPlace(port: number, secret: string, more: Partial<ServerPlace> = {}): ServerPlace {
  return { name: `127.0.0.1:${port}`, host: '127.0.0.1', port, secret, tls: null, ...more };
}

import type { Config } from './config/schema.ts';

/** What runs as LiveKit when nobody names a server. */
export function livekitBinary({ livekit }: Pick<Config, 'livekit'>): string {
  return livekit.binary || 'livekit-server';
}

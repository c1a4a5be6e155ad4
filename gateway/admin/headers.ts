import type { FastifyReply } from 'fastify';

/**
 * Headers of every answer. Pages may load only what we serve, and talk only to us and to LiveKit.
 * @param livekitUrl `ws://` or `wss://` address as browsers see it.
 */
export function securityHeaders(livekitUrl: string): (reply: FastifyReply) => void {
  const livekit = sourcesOf(livekitUrl);
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "media-src 'self' blob: mediastream:",
    `connect-src 'self' ${livekit}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return (reply) => {
    reply.headers({
      'content-security-policy': policy,
      'permissions-policy': 'microphone=(self), camera=(), geolocation=()',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
    // Answers hold numbers, PINs and tokens; only pages and their files say otherwise.
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  };
}

/** LiveKit's client signals over WebSocket and asks for the reason of a refusal over HTTP. */
function sourcesOf(livekitUrl: string): string {
  const { host, protocol } = new URL(livekitUrl);
  const secure = protocol === 'wss:' || protocol === 'https:';
  return secure ? `wss://${host} https://${host}` : `ws://${host} http://${host}`;
}

import type { SipRequest } from './srf-messages.ts';

/**
 * The transport of a request. In drachtio's protocol WebSockets are `tcp`: that it was one shows the listener that it
 * came to. Its Via (RFC 7118 §5.2) would say so too, but is the sender's own word.
 * @param hostports `wss/192.0.2.1:7443,tcp/…`: what the server listens on
 */
export function transportOf(req: Pick<SipRequest, 'protocol' | 'receivedOn'>, hostports: string): string {
  const protocol = req.protocol.toLowerCase();
  if (protocol !== 'tcp') return protocol;
  const port = /:(\d+)$/.exec(req.receivedOn ?? '')?.[1];
  const listeners = hostports.split(',').map((one) => /^(\w+)\/.*:(\d+)$/.exec(one.trim()));
  const found = listeners.find((one) => one?.[2] === port && /^(?:tcp|wss?)$/i.test(one?.[1] ?? ''));
  return found?.[1]?.toLowerCase() ?? protocol;
}

/** What the embedded edge has verified of a TLS caller's certificate (RFC 5922 §7.1); a drachtio-server tells none. */
export function certifiedNames(req: Pick<SipRequest, 'sessionToken'>): readonly string[] {
  return (req.sessionToken ?? '').split(',').filter((name) => name !== '');
}
